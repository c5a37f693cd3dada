import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('average pooling to one element', () => {
  it('is the mean of every plane', () => {
    const x = tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [0, 0],
          [0, 8],
        ],
      ],
    ])
    expect(F.globalAvgPool(x).toArray()).toEqual([[[[2.5]], [[2]]]])
    expect(F.adaptiveAvgPool2d(x.squeeze(0), [1, 1]).toArray()).toEqual([[[2.5]], [[2]]])
    expect(
      F.globalAvgPool(x.contiguous({ memoryFormat: 'channelsLast' }))
        .flatten(1)
        .toArray(),
    ).toEqual([[2.5, 2]])
  })
  it('differentiates', () => {
    checkGrads((x) => F.globalAvgPool(x).square(), [randn([2, 2, 2, 3], { requiresGrad: true })])
  })
  it('refuses other sizes and dimensions', () => {
    throws(
      () => F.adaptiveAvgPool2d(zeros([1, 1, 4, 4]), [2, 1]),
      RangeError,
      'adaptiveAvgPool2d: expected outputSize 1 or [1, 1], got [2, 1]',
    )
    throws(
      () => F.globalAvgPool(zeros([2, 2])),
      ShapeError,
      'globalAvgPool: expected input of 3 or 4 dimensions, got 2; input [2, 2]',
    )
  })
})
