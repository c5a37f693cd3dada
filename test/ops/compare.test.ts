import { describe, expect, it } from 'vitest'
import { allclose, DTypeError, equal, RangeError, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const rows: ['eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', number[]][] = [
  ['eq', [0, 1, 0]],
  ['ne', [1, 0, 1]],
  ['lt', [1, 0, 0]],
  ['le', [1, 1, 0]],
  ['gt', [0, 0, 1]],
  ['ge', [0, 1, 1]],
]

describe.each(rows)('%s', (op, want) => {
  it('compares with tensors and numbers, in every element type', () => {
    const a = tensor([1, 2, 3])
    for (const [left, right] of [
      [a, tensor([2, 2, 2])],
      [a, tensor(2)],
      [a.to('int32'), tensor(2n)],
      [a.to('int64'), a.to('int32').mul(0).add(2)],
      [a.to('uint8'), tensor(2)],
    ]) {
      const output = left[op](right)
      expect([output.dtype, output.toArray()]).toEqual(['uint8', want])
    }
    expect(a[op](2).toArray()).toEqual(want)
    expect(a.to('int64')[op](2).toArray()).toEqual(want)
  })
  it('takes NaN as equal to nothing', () => {
    expect(tensor([Number.NaN])[op](Number.NaN).item()).toBe(op === 'ne' ? 1 : 0)
  })
  it('refuses other operands', () => {
    throws(() => zeros([1])[op]('1' as never), DTypeError, `${op}: expected a tensor or a number, got "1"`)
  })
})

it('a whole number compares with a fraction exactly', () => {
  expect(tensor([1n, 2n]).lt(1.5).toArray()).toEqual([1, 0])
})

describe('allclose', () => {
  it('allows a relative and an absolute difference', () => {
    const a = tensor([1, 100])
    expect(a.allclose(tensor([1.000005, 100]))).toBe(true)
    expect(a.allclose(tensor([1.1, 100]))).toBe(false)
    expect(a.allclose(tensor([1.1, 100]), { atol: 0.2 })).toBe(true)
    expect(a.allclose(tensor([1, 101]), { rtol: 0.1 })).toBe(true)
  })
  it('takes infinities as close to themselves and NaN to nothing, unless asked', () => {
    const inf = tensor([Number.POSITIVE_INFINITY])
    expect([inf.allclose(inf), inf.allclose(inf.neg()), tensor([1]).allclose(inf)]).toEqual([true, false, false])
    const nan = tensor([Number.NaN])
    expect([nan.allclose(nan), nan.allclose(nan, { equalNan: true })]).toEqual([false, true])
  })
  it('refuses unequal shapes and tolerances that are none', () => {
    throws(() => allclose(zeros([2]), zeros([1])), ShapeError, 'allclose: expected equal shapes; shapes [2], [1]')
    throws(
      () => allclose(zeros([1]), zeros([1]), { rtol: -1 }),
      RangeError,
      'allclose: expected rtol to be a finite number of at least 0, got -1',
    )
  })
})

it('equal wants the same shape and elements', () => {
  expect([
    equal(tensor([1, 2]), tensor([1, 2])),
    equal(tensor([1]), tensor([1, 1])),
    equal(tensor([1]), tensor([2])),
  ]).toEqual([true, false, false])
  expect([tensor([Number.NaN]).equal(tensor([Number.NaN])), tensor([2]).equal(tensor([2n]))]).toEqual([false, true])
})
