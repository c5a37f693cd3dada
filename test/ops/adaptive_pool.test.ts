import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true })

/** Different numbers, further apart than the step of the differences. */
function distinct(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 11) % size) / 3),
    { shape, requiresGrad: true },
  )
}

describe('adaptive pooling', () => {
  it('cuts the input into windows that overlap where sizes do not divide each other', () => {
    const row = tensor([[[1, 2, 3, 4, 5]]])
    expect(F.adaptiveAvgPool1d(row, 2).toArray()).toEqual([[[2, 4]]])
    expect(F.adaptiveMaxPool1d(row, 2).toArray()).toEqual([[[3, 5]]])
    expect(F.adaptiveMaxPool1d(row, 7).toArray()).toEqual([[[1, 2, 3, 3, 4, 5, 5]]])
    const image = tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]) // biome-ignore format: a table
    expect(F.adaptiveAvgPool2d(image, [1, 2]).toArray()).toEqual([[[[3.5, 5.5]]]])
  })
  it('keeps the sizes that are null and takes one number for all', () => {
    const [image, volume] = [randn([2, 3, 4, 6]), randn([2, 3, 4, 6, 5])]
    expect(F.adaptiveAvgPool2d(image, [null, 2]).shape).toEqual([2, 3, 4, 2])
    expect(F.adaptiveMaxPool2d(image, null).equal(image)).toBe(true)
    expect(F.adaptiveAvgPool3d(volume, 2).shape).toEqual([2, 3, 2, 2, 2])
    expect(F.adaptiveMaxPool3d(volume, [1, null, 3]).shape).toEqual([2, 3, 1, 6, 3])
  })
  it('says where the maxima are', () => {
    const [values, indices] = F.adaptiveMaxPool2d(tensor([[[[1, 5, 2], [7, 0, 7]]]]), [1, 2], { returnIndices: true }) // biome-ignore format: short
    expect([values.toArray(), indices.toArray(), indices.dtype]).toEqual([[[[[7, 7]]]], [[[[3, 5]]]], 'int32'])
    const single = F.adaptiveMaxPool1d(tensor([[1, 3, 3]]), 1, { returnIndices: true })
    expect(single.map((result) => result.toArray())).toEqual([[[3]], [[1]]])
  })
  it('takes images without a batch, batches of no image and sizes of 0', () => {
    expect(F.adaptiveAvgPool2d(randn([3, 4, 6]), 2).shape).toEqual([3, 2, 2])
    expect(F.adaptiveAvgPool2d(zeros([0, 3, 4, 4]), 2).shape).toEqual([0, 3, 2, 2])
    for (const pool of [F.adaptiveAvgPool2d, F.adaptiveMaxPool2d]) {
      const x = leaf(1, 2, 3, 3)
      const output = pool(x, [0, 2])
      expect(output.shape).toEqual([1, 2, 0, 2])
      output.sum().backward()
      expect(x.grad?.abs().sum().item()).toBe(0)
    }
  })
  it('differentiates', () => {
    checkGrads((x) => F.adaptiveAvgPool1d(x, 3).square(), [leaf(2, 2, 7)])
    checkGrads((x) => F.adaptiveAvgPool2d(x, [2, 5]).square(), [leaf(1, 2, 3, 4)])
    checkGrads((x) => F.adaptiveAvgPool3d(x, 2).square(), [leaf(1, 2, 3, 2, 3)])
    checkGrads((x) => F.adaptiveMaxPool1d(x, 3), [distinct(2, 7)])
    checkGrads((x) => F.adaptiveMaxPool2d(x, [2, 5]), [distinct(1, 2, 3, 4)])
    checkGrads((x) => F.adaptiveMaxPool3d(x, 2), [distinct(1, 2, 3, 2, 3)])
  })
})

describe('global pooling', () => {
  it('is the mean or the maximum of every plane', () => {
    const x = tensor([[[[1, 2], [3, 4]], [[0, 0], [0, 8]]]]) // biome-ignore format: two squares
    expect(F.globalAvgPool(x).toArray()).toEqual([[[[2.5]], [[2]]]])
    expect(F.globalMaxPool(x).toArray()).toEqual([[[[4]], [[8]]]])
    expect(F.adaptiveAvgPool2d(x.squeeze(0), [1, 1]).toArray()).toEqual([[[2.5]], [[2]]])
    const memoryFormat = 'channelsLast'
    expect(F.globalAvgPool(x.contiguous({ memoryFormat })).flatten(1).toArray()).toEqual([[2.5, 2]])
  })
  it('takes rows and volumes', () => {
    expect(F.globalAvgPool(tensor([[[1, 2, 6]]])).toArray()).toEqual([[[3]]])
    expect(F.globalMaxPool(randn([2, 3, 2, 3, 4])).shape).toEqual([2, 3, 1, 1, 1])
  })
  it('differentiates', () => {
    checkGrads((x) => F.globalAvgPool(x).square(), [leaf(2, 2, 2, 3)])
    checkGrads((x) => F.globalMaxPool(x), [distinct(2, 2, 2, 3)])
    const ties = zeros([1, 1, 2, 2], { requiresGrad: true })
    F.globalMaxPool(ties).backward(tensor([[[[3]]]]))
    expect(ties.grad?.flatten().toArray()).toEqual([3, 0, 0, 0])
  })
})

describe('errors', () => {
  it('name sizes that cannot be', () => {
    throws(
      () => F.adaptiveAvgPool2d(zeros([1, 1, 4, 4]), [2, -1]),
      RangeError,
      'adaptiveAvgPool2d: expected outputSize[1] to be an integer of at least 0, got -1',
    )
    throws(
      () => F.adaptiveMaxPool1d(zeros([1, 1, 4]), 1.5),
      RangeError,
      'adaptiveMaxPool1d: expected outputSize to be an integer of at least 0, got 1.5',
    )
    throws(
      () => F.adaptiveAvgPool3d(zeros([1, 1, 4, 4, 4]), [2, 1]),
      DTypeError,
      'adaptiveAvgPool3d: expected outputSize to be a number, null or [depth, height, width], got [2, 1]',
    )
  })
  it('name dimensions and options', () => {
    throws(
      () => F.globalAvgPool(zeros([2, 2])),
      ShapeError,
      'globalAvgPool: expected input of 3, 4 or 5 dimensions, [N, C, ...], got 2; input [2, 2]',
    )
    throws(
      () => F.globalMaxPool(zeros([2, 2, 0])),
      ShapeError,
      'globalMaxPool: expected channels and spatial sizes of at least 1; input [2, 2, 0]',
    )
    throws(
      () => F.adaptiveMaxPool2d(zeros([2, 2]), 1),
      ShapeError,
      'adaptiveMaxPool2d: expected input of 3 or 4 dimensions, got 2; input [2, 2]',
    )
    throws(
      () => F.adaptiveMaxPool2d(zeros([1, 1, 2, 2]), 1, { indices: true } as never),
      RangeError,
      'adaptiveMaxPool2d: expected options returnIndices, got "indices"',
    )
  })
})
