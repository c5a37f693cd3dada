import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const square = () =>
  tensor([
    [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
    ],
  ])

describe('maxPool2d', () => {
  it('steps by its own size by default', () => {
    expect(F.maxPool2d(square(), 2).toArray()).toEqual([[[[5]]]])
    expect(F.maxPool2d(square(), 2, { stride: 1 }).toArray()).toEqual([
      [
        [
          [5, 6],
          [8, 9],
        ],
      ],
    ])
    expect(F.maxPool2d(square(), [1, 3]).toArray()).toEqual([[[[3], [6], [9]]]])
  })
  it('may hang over the edge, but not start in the padding', () => {
    expect(F.maxPool2d(square(), 2, { ceilMode: true }).toArray()).toEqual([
      [
        [
          [5, 6],
          [8, 9],
        ],
      ],
    ])
    expect(F.maxPool2d(zeros([1, 1, 4, 4]), 2, { stride: 3, padding: 1, ceilMode: true }).shape).toEqual([1, 1, 2, 2])
  })
  it('says where the maxima are', () => {
    const [values, indices] = F.maxPool2d(square(), 2, { stride: 1, returnIndices: true })
    expect([values.toArray(), indices.toArray(), indices.dtype]).toEqual([
      [
        [
          [
            [5, 6],
            [8, 9],
          ],
        ],
      ],
      [
        [
          [
            [4, 5],
            [7, 8],
          ],
        ],
      ],
      'int32',
    ])
    const [single, where] = F.maxPool2d(square().squeeze(0), 2, { returnIndices: true })
    expect([single.shape, where.toArray()]).toEqual([[1, 1, 1], [[[4]]]])
  })
  it('gives the gradient to the first of equals', () => {
    const x = zeros([1, 1, 2, 2], { requiresGrad: true })
    F.maxPool2d(x, 2).backward()
    expect(x.grad?.toArray()).toEqual([
      [
        [
          [1, 0],
          [0, 0],
        ],
      ],
    ])
  })
  it('differentiates overlapping windows, padding, dilation and single images', () => {
    const distinct = (shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return tensor(
        Float32Array.from({ length: size }, (_, i) => ((i * 7) % size) / 3),
        { shape, requiresGrad: true },
      )
    }
    checkGrads((x) => F.maxPool2d(x, 3, { stride: 1, padding: 1 }), [distinct([1, 2, 4, 4])])
    checkGrads((x) => F.maxPool2d(x, 2, { dilation: 2, stride: 1 }), [distinct([2, 1, 4, 5])])
    checkGrads((x) => F.maxPool2d(x, 2), [distinct([2, 4, 4])])
    checkGrads((x) => F.maxPool2d(x, 2, { returnIndices: true })[0], [distinct([1, 2, 4, 4])])
    checkGrads((x) => F.maxPool1d(x, 3, { stride: 2, padding: 1 }), [distinct([2, 2, 7])])
    checkGrads((x) => F.maxPool3d(x, 2, { stride: 1 }), [distinct([1, 2, 3, 3, 3])])
  })
  it('pools rows and volumes', () => {
    const row = tensor([[[1, 3, 2, 5, 4]]])
    expect(F.maxPool1d(row, 2).toArray()).toEqual([[[3, 5]]])
    expect(F.maxPool1d(row, 3, { stride: 2, padding: 1, ceilMode: true }).toArray()).toEqual([[[3, 5, 5]]])
    const [values, indices] = F.maxPool1d(row.squeeze(0), 2, { returnIndices: true })
    expect([values.toArray(), indices.toArray()]).toEqual([[[3, 5]], [[1, 3]]])
    const volume = tensor(
      Float32Array.from({ length: 16 }, (_, i) => i),
      { shape: [1, 1, 4, 2, 2] },
    )
    expect(F.maxPool3d(volume, 2).toArray()).toEqual([[[[[7]], [[15]]]]])
    expect(F.maxPool3d(volume, [4, 1, 2], { returnIndices: true })[1].toArray()).toEqual([[[[[13], [15]]]]])
    expect(F.maxPool3d(volume.squeeze(0), 2).shape).toEqual([1, 2, 1, 1])
  })
  it('takes batches of no image and windows of more taps than a byte can number', () => {
    expect(F.maxPool2d(zeros([0, 2, 4, 4]), 2).shape).toEqual([0, 2, 2, 2])
    const x = randn([1, 2, 17, 17], { requiresGrad: true })
    F.maxPool2d(x, 17).sum().backward()
    expect(x.grad?.sum().item()).toBe(2)
    expect(x.grad?.mul(x).sum().item()).toBeCloseTo(Number(F.maxPool2d(x, 17).sum().item()), 5)
  })
  it('gives −∞ and the index −1 for a window of padding alone, and no gradient', () => {
    const x = tensor([[[7]]], { requiresGrad: true })
    const [values, indices] = F.maxPool1d(x, 2, { padding: 1, dilation: 2, returnIndices: true })
    expect([values.item(), indices.item()]).toEqual([-Infinity, -1])
    values.backward(tensor([[[5]]]))
    expect(x.grad?.toArray()).toEqual([[[0]]])
  })
  it('passes NaN on and counts −∞ as a value', () => {
    const x = tensor([[[Number.NaN, 1, -Infinity, -Infinity]]], { requiresGrad: true })
    const output = F.maxPool1d(x, 2)
    expect(output.toArray()).toEqual([[[Number.NaN, -Infinity]]])
    output.backward(tensor([[[2, 3]]]))
    expect(x.grad?.toArray()).toEqual([[[2, 0, 3, 0]]])
  })
  it('gives images channels-last in memory', () => {
    const output = F.maxPool2d(randn([2, 3, 4, 4]), 2)
    expect(output.isContiguous('channelsLast')).toBe(true)
  })
})

describe('errors', () => {
  it('name a window that does not fit', () => {
    throws(
      () => F.maxPool2d(zeros([1, 1, 2, 2]), 3),
      ShapeError,
      'maxPool2d: window 3x3 does not fit input 2x2 with padding 0; the output would be empty; input [1, 1, 2, 2]',
    )
  })
  it('name padding above half the window', () => {
    throws(
      () => F.maxPool2d(square(), 3, { padding: 2 }),
      RangeError,
      'maxPool2d: expected padding of at most half the window, got padding 2x2, window 3x3',
    )
  })
  it('name dimensions and options', () => {
    throws(
      () => F.maxPool1d(zeros([4]), 2),
      ShapeError,
      'maxPool1d: expected input of 2 or 3 dimensions, got 1; input [4]',
    )
    throws(
      () => F.maxPool3d(zeros([2, 0, 4, 4, 4]), 2),
      ShapeError,
      'maxPool3d: expected channels and spatial sizes of at least 1; input [2, 0, 4, 4, 4]',
    )
    throws(
      () => F.maxPool3d(zeros([2, 1, 4, 4, 4]), [2, 2]),
      DTypeError,
      'maxPool3d: expected kernelSize to be a number or [depth, height, width], got [2, 2]',
    )
    throws(
      () => F.maxPool1d(zeros([2, 1, 4], { dtype: 'int32' }), 2),
      DTypeError,
      "maxPool1d: expected input to be float32, got int32; input [2, 1, 4]; convert it with to('float32')",
    )
    throws(
      () => F.maxPool2d(zeros([4, 4]), 2),
      ShapeError,
      'maxPool2d: expected input of 3 or 4 dimensions, got 2; input [4, 4]',
    )
    throws(
      () => F.maxPool2d(square(), 0),
      RangeError,
      'maxPool2d: expected kernelSize to be an integer of at least 1, got 0',
    )
    throws(
      () => F.maxPool2d(square(), 2, { stride: 0 }),
      RangeError,
      'maxPool2d: expected stride to be an integer of at least 1, got 0',
    )
    throws(
      () => F.maxPool2d(square(), 2, { ceil: true } as never),
      RangeError,
      'maxPool2d: expected options stride, padding, dilation, ceilMode, returnIndices, got "ceil"',
    )
  })
})
