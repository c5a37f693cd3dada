import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, nn, RangeError, randn } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

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

describe('average pooling layers', () => {
  const [row, image, volume] = [randn([2, 3, 8]), randn([2, 3, 8, 8]), randn([2, 3, 8, 8, 8])]
  it('compute their functions', () => {
    expect(new nn.AvgPool1d(3, { stride: 2 }).forward(row).equal(F.avgPool1d(row, 3, { stride: 2 }))).toBe(true)
    const options = { padding: 1, countIncludePad: false, ceilMode: true }
    expect(new nn.AvgPool2d([2, 3], options).forward(image).equal(F.avgPool2d(image, [2, 3], options))).toBe(true)
    const divided = { divisorOverride: 3 }
    expect(new nn.AvgPool3d(2, divided).forward(volume).equal(F.avgPool3d(volume, 2, divided))).toBe(true)
  })
  it('describe themselves as in PyTorch', () => {
    expect(String(new nn.AvgPool1d(2))).toBe('AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))')
    expect(String(new nn.AvgPool2d(2, { countIncludePad: false }))).toBe(
      'AvgPool2d(kernel_size=2, stride=2, padding=0)',
    )
    expect(String(new nn.AvgPool3d([1, 2, 2], { divisorOverride: 3 }))).toBe(
      'AvgPool3d(kernel_size=(1, 2, 2), stride=(1, 2, 2), padding=0)',
    )
  })
  it('refuse what the functions refuse when they are made', () => {
    throws(
      () => new nn.AvgPool2d(2, { divisorOverride: 0.5 }),
      RangeError,
      'AvgPool2d: expected divisorOverride to be an integer other than 0, got 0.5',
    )
    throws(
      () => new nn.AvgPool2d(2, { padding: 2 }),
      RangeError,
      'AvgPool2d: expected padding of at most half the window, got padding 2x2, window 2x2',
    )
  })
})

describe('adaptive and global pooling layers', () => {
  const [row, image, volume] = [randn([2, 3, 8]), randn([2, 3, 8, 8]), randn([2, 3, 8, 8, 8])]
  it('compute their functions', () => {
    expect(new nn.AdaptiveAvgPool1d(3).forward(row).equal(F.adaptiveAvgPool1d(row, 3))).toBe(true)
    expect(new nn.AdaptiveAvgPool2d([2, null]).forward(image).equal(F.adaptiveAvgPool2d(image, [2, null]))).toBe(true)
    expect(new nn.AdaptiveAvgPool3d(3).forward(volume).equal(F.adaptiveAvgPool3d(volume, 3))).toBe(true)
    expect(new nn.AdaptiveMaxPool1d(3).forward(row).equal(F.adaptiveMaxPool1d(row, 3))).toBe(true)
    expect(new nn.AdaptiveMaxPool3d(3).forward(volume).equal(F.adaptiveMaxPool3d(volume, 3))).toBe(true)
    expect(new nn.GlobalAvgPool().forward(volume).equal(F.globalAvgPool(volume))).toBe(true)
    expect(new nn.GlobalMaxPool().forward(row).equal(F.globalMaxPool(row))).toBe(true)
  })
  it('return indices when asked', () => {
    const [maxima, indices] = new nn.AdaptiveMaxPool2d(3, { returnIndices: true }).forward(image)
    const [wanted, positions] = F.adaptiveMaxPool2d(image, 3, { returnIndices: true })
    expect([maxima.equal(wanted), indices.equal(positions)]).toEqual([true, true])
  })
  it('describe themselves as in PyTorch', () => {
    expect(String(new nn.AdaptiveAvgPool2d([null, 3]))).toBe('AdaptiveAvgPool2d(output_size=(None, 3))')
    expect(String(new nn.AdaptiveMaxPool3d(2))).toBe('AdaptiveMaxPool3d(output_size=2)')
    expect(String(new nn.GlobalMaxPool())).toBe('GlobalMaxPool()')
  })
  it('refuse sizes that cannot be', () => {
    throws(
      () => new nn.AdaptiveAvgPool2d([1, 2, 3]),
      DTypeError,
      'AdaptiveAvgPool2d: expected outputSize to be a number, null or [height, width], got [1, 2, 3]',
    )
  })
})

describe('max unpooling layers', () => {
  it('undo poolings', () => {
    const layers = [
      [new nn.MaxPool1d(2, { returnIndices: true }), new nn.MaxUnpool1d(2), randn([2, 3, 8])],
      [new nn.MaxPool2d(2, { returnIndices: true }), new nn.MaxUnpool2d(2), randn([2, 3, 8, 6])],
      [new nn.MaxPool3d(2, { returnIndices: true }), new nn.MaxUnpool3d(2), randn([2, 3, 4, 8, 6])],
    ] as const
    for (const [pool, unpool, input] of layers) {
      const [maxima, indices] = pool.forward(input)
      const restored = unpool.forward(maxima, indices)
      expect(restored.shape).toEqual(input.shape)
      expect(restored.mul(restored.sub(input)).abs().sum().item()).toBe(0)
    }
  })
  it('take the size of what was pooled', () => {
    const input = randn([1, 2, 5, 7])
    const [maxima, indices] = new nn.MaxPool2d(2, { returnIndices: true }).forward(input)
    const options = { outputSize: input.shape }
    const restored = new nn.MaxUnpool2d(2).forward(maxima, indices, options)
    expect(restored.equal(F.maxUnpool2d(maxima, indices, 2, options))).toBe(true)
  })
  it('describe themselves as in PyTorch', () => {
    expect(String(new nn.MaxUnpool1d(2))).toBe('MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))')
    expect(String(new nn.MaxUnpool2d(2, { stride: 3 }))).toBe(
      'MaxUnpool2d(kernel_size=(2, 2), stride=(3, 3), padding=(0, 0))',
    )
  })
})
