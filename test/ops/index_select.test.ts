import { describe, expect, it } from 'vitest'
import { arange, DTypeError, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const int32 = (values: number[]) => tensor(values, { dtype: 'int32' })

describe('indexSelect', () => {
  const x = arange(6, { dtype: 'float32' }).reshape([2, 3])
  it('copies rows and columns in the order asked for, repeats included', () => {
    expect(x.indexSelect(0, int32([1, 0, 1])).toArray()).toEqual([
      [3, 4, 5],
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(x.indexSelect(-1, tensor([2n, 0n])).toArray()).toEqual([
      [2, 0],
      [5, 3],
    ])
    expect(
      x
        .to('int64')
        .indexSelect(0, int32([1]))
        .toArray(),
    ).toEqual([[3n, 4n, 5n]])
    expect(x.indexSelect(0, int32([])).shape).toEqual([0, 3])
    expect(zeros([2, 3, 2, 2]).indexSelect(1, int32([0, 0, 0, 1])).shape).toEqual([2, 4, 2, 2])
  })
  it('adds up the gradients of repeated elements', () => {
    checkGrads((input) => input.indexSelect(0, int32([1, 0, 1])).square(), [randn([2, 3], { requiresGrad: true })])
    checkGrads((input) => input.indexSelect(1, int32([2, 2])).square(), [randn([2, 3], { requiresGrad: true })])
  })
  it('refuses indices that do not exist or are none', () => {
    throws(
      () => x.indexSelect(0, int32([0, 2])),
      RangeError,
      'indexSelect: expected indices from 0 to 1, got 2 at position 1; input [2, 3]',
    )
    throws(() => x.indexSelect(0, tensor([0])), DTypeError, 'indexSelect: expected integer indices, got float32')
    throws(
      () => x.indexSelect(0, int32([0]).reshape([1, 1])),
      ShapeError,
      'indexSelect: expected indices of at most one dimension; indices [1, 1]',
    )
    throws(
      () => tensor(1).indexSelect(0, int32([0])),
      ShapeError,
      'indexSelect: expected at least one dimension; input []',
    )
  })
})
