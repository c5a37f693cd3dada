import { describe, expect, it } from 'vitest'
import { arange, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('permute', () => {
  it('reorders dimensions without copying', () => {
    const x = arange(24, { dtype: 'float32' }).reshape([2, 3, 4])
    const y = x.permute([2, 0, -2])
    expect([y.shape, y.storage === x.storage]).toEqual([[4, 2, 3], true])
    expect(y.select(0, 1).toArray()).toEqual([
      [1, 5, 9],
      [13, 17, 21],
    ])
  })
  it('passes gradients', () => {
    checkGrads((x) => x.permute([2, 0, 1]).square(), [randn([2, 3, 2], { requiresGrad: true })])
    checkGrads((x) => x.transpose(0, -1).square(), [randn([2, 3, 2], { requiresGrad: true })])
  })
  it('refuses what is no permutation', () => {
    throws(
      () => zeros([2, 3]).permute([0, 0]),
      ShapeError,
      'permute: expected every dimension once, got [0, 0]; input [2, 3]',
    )
    throws(
      () => zeros([2, 3]).permute([0]),
      ShapeError,
      'permute: expected every dimension once, got [0]; input [2, 3]',
    )
  })
})

describe('transpose and t', () => {
  it('swap two dimensions', () => {
    expect(zeros([2, 3, 4]).transpose(0, 2).shape).toEqual([4, 3, 2])
    expect(
      tensor([[1, 2]])
        .t()
        .toArray(),
    ).toEqual([[1], [2]])
    const vector = zeros([3])
    expect(vector.t()).toBe(vector)
  })
  it('refuse what cannot be swapped', () => {
    throws(() => zeros([2]).transpose(0, 1), RangeError, 'transpose: expected a dimension from -1 to 0, got 1')
    throws(() => zeros([1, 1, 1]).t(), ShapeError, 't: expected at most 2 dimensions, got 3; input [1, 1, 1]')
  })
})
