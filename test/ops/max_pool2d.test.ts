import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
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
