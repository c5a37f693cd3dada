import { describe, expect, it } from 'vitest'
import { functional as F, manualSeed, ones, RangeError, randn, ShapeError, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const survivors = (values: ArrayLike<number>) => Array.from(values).filter((value) => value !== 0).length

describe('dropout', () => {
  it('drops a share of the elements and scales the rest', () => {
    manualSeed(1)
    const output = F.dropout(ones([10000]), { p: 0.25 }).toTypedArray() as Float32Array
    expect(survivors(output) / 10000).toBeCloseTo(0.75, 1)
    expect(new Set(output)).toEqual(new Set([0, Math.fround(4 / 3)]))
  })
  it('is repeated by the seed and differs between calls', () => {
    const draw = () => F.dropout(ones([64])).toArray()
    manualSeed(5)
    const first = draw()
    const second = draw()
    expect(second).not.toEqual(first)
    manualSeed(5)
    expect([draw(), draw()]).toEqual([first, second])
  })
  it('passes gradients where elements survived, in any order in memory', () => {
    manualSeed(2)
    for (const x of [randn([4, 6], { requiresGrad: true }), randn([6, 4]).t().requiresGrad_()]) {
      const output = F.dropout(x, { p: 0.5 })
      output.sum().backward()
      expect(x.grad?.toArray()).toEqual(output.ne(0).to('float32').mul(2).toArray())
    }
  })
  it('returns its input outside training and for p = 0', () => {
    const x = ones([3])
    expect([F.dropout(x, { training: false }) === x, F.dropout(x, { p: 0 }) === x]).toEqual([true, true])
  })
  it('drops everything for p = 1', () => {
    const x = ones([3], { requiresGrad: true })
    const output = F.dropout(x, { p: 1 })
    output.sum().backward()
    expect([output.toArray(), x.grad?.toArray()]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })
  it('refuses what is no probability', () => {
    throws(() => F.dropout(ones([1]), { p: 1.5 }), RangeError, 'dropout: expected p to lie between 0 and 1, got 1.5')
    throws(
      () => F.dropout2d(ones([1, 1, 1]), { p: Number.NaN }),
      RangeError,
      'dropout2d: expected p to lie between 0 and 1, got NaN',
    )
  })
})

describe('dropout2d', () => {
  it('drops whole channels', () => {
    manualSeed(3)
    const planes = F.dropout2d(ones([8, 8, 3, 3]), { p: 0.5 })
      .sum([2, 3])
      .toTypedArray() as Float32Array
    expect(new Set(planes)).toEqual(new Set([0, 18]))
    expect(survivors(planes) / 64).toBeCloseTo(0.5, 0)
  })
  it('passes gradients to surviving channels', () => {
    manualSeed(4)
    const x = ones([4, 4, 2], { requiresGrad: true })
    const output = F.dropout2d(x)
    output.sum().backward()
    expect(x.grad?.toArray()).toEqual(output.toArray())
  })
  it('of everything is 0 and of nothing is nothing', () => {
    expect(
      F.dropout2d(ones([1, 2, 2]), { p: 1 })
        .sum()
        .item(),
    ).toBe(0)
    expect(F.dropout2d(zeros([0, 2, 2, 2])).shape).toEqual([0, 2, 2, 2])
  })
  it('refuses other numbers of dimensions', () => {
    throws(
      () => F.dropout2d(zeros([2, 3])),
      ShapeError,
      'dropout2d: expected input of 3 or 4 dimensions [N, C, ...], got 2; input [2, 3]',
    )
  })
})
