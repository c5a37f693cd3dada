import { describe, expect, it } from 'vitest'
import { functional as F, nn, randn } from '../../lib/index.ts'

describe('max pooling layers', () => {
  const [row, image, volume] = [randn([2, 3, 8]), randn([2, 3, 8, 8]), randn([2, 3, 8, 8, 8])]
  it('compute their functions', () => {
    expect(new nn.MaxPool1d(3, { stride: 2 }).forward(row).equal(F.maxPool1d(row, 3, { stride: 2 }))).toBe(true)
    expect(new nn.MaxPool2d([2, 3]).forward(image).equal(F.maxPool2d(image, [2, 3]))).toBe(true)
    expect(new nn.MaxPool3d(2, { padding: 1 }).forward(volume).equal(F.maxPool3d(volume, 2, { padding: 1 }))).toBe(true)
  })
  it('return indices when asked', () => {
    const [maxima, indices] = new nn.MaxPool2d(2, { returnIndices: true }).forward(image)
    const [wanted, positions] = F.maxPool2d(image, 2, { returnIndices: true })
    expect([maxima.equal(wanted), indices.equal(positions)]).toEqual([true, true])
  })
  it('describe themselves as in PyTorch', () => {
    expect(String(new nn.MaxPool1d(2))).toBe(
      'MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)',
    )
    expect(String(new nn.MaxPool3d([1, 2, 2], { padding: [0, 1, 1] }))).toBe(
      'MaxPool3d(kernel_size=(1, 2, 2), stride=(1, 2, 2), padding=(0, 1, 1), dilation=1, ceil_mode=False)',
    )
  })
})
