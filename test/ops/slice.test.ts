import { describe, expect, it } from 'vitest'
import { arange, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const count = (n: number) => arange(n, { dtype: 'float32' })

describe('slice', () => {
  it('takes bounds as Python does', () => {
    const x = count(6)
    expect(x.slice(0, 1, 4).toArray()).toEqual([1, 2, 3])
    expect(x.slice(0, -2).toArray()).toEqual([4, 5])
    expect(x.slice(0, 0, -1, 2).toArray()).toEqual([0, 2, 4])
    expect(x.slice(0, 4, 99).toArray()).toEqual([4, 5])
    expect(x.slice(0, 5, 2).shape).toEqual([0])
    expect(x.slice(0, -99, 2).toArray()).toEqual([0, 1])
  })
  it('passes gradients to what it shows', () => {
    checkGrads((x) => x.slice(1, 0, 5, 2).square(), [randn([2, 5], { requiresGrad: true })])
    const x = tensor([1, 2, 3], { requiresGrad: true })
    x.slice(0, 1, 2).sum().backward()
    expect(x.grad?.toArray()).toEqual([0, 1, 0])
  })
  it('shows memory that in-place ops change', () => {
    const x = zeros([2, 3])
    x.slice(1, 1, 3).fill_(5)
    expect(x.toArray()).toEqual([
      [0, 5, 5],
      [0, 5, 5],
    ])
  })
  it('refuses steps and bounds that are none', () => {
    throws(() => count(3).slice(0, 0, 3, 0), RangeError, 'slice: expected step to be an integer of at least 1, got 0')
    throws(() => count(3).slice(0, 0.5), RangeError, 'slice: expected start to be an integer, got 0.5')
    throws(() => tensor(1).slice(0), ShapeError, 'slice: expected at least one dimension; input []')
  })
})

describe('narrow and select', () => {
  it('show neighbours and single elements', () => {
    const x = count(6).reshape([2, 3])
    expect(x.narrow(1, -2, 2).toArray()).toEqual([
      [1, 2],
      [4, 5],
    ])
    expect([x.select(0, -1).toArray(), x.select(1, 0).shape]).toEqual([[3, 4, 5], [2]])
  })
  it('pass gradients', () => {
    checkGrads((x) => x.narrow(0, 1, 2).square(), [randn([3, 2], { requiresGrad: true })])
    checkGrads((x) => x.select(1, 1).square(), [randn([3, 2], { requiresGrad: true })])
  })
  it('refuse what does not exist', () => {
    throws(
      () => zeros([2, 3]).narrow(1, 2, 2),
      RangeError,
      'narrow: expected elements within 0 to 2 of dimension 1, got start 2, length 2; input [2, 3]',
    )
    throws(
      () => zeros([2, 3]).select(1, 3),
      RangeError,
      'select: expected an index from -3 to 2 of dimension 1, got 3; input [2, 3]',
    )
    throws(() => tensor(1).select(0, 0), ShapeError, 'select: expected at least one dimension; input []')
  })
})

describe('split and chunk', () => {
  it('cut a dimension into parts', () => {
    const shapes = (parts: { shape: readonly number[] }[]) => parts.map(({ shape }) => shape[0])
    expect(shapes(count(5).split(2))).toEqual([2, 2, 1])
    expect(shapes(count(5).split([1, 4]))).toEqual([1, 4])
    expect(shapes(count(5).chunk(2))).toEqual([3, 2])
    expect(shapes(count(2).chunk(4))).toEqual([1, 1])
    expect(count(6).reshape([2, 3]).split(1, 1)[2].toArray()).toEqual([[2], [5]])
  })
  it('pass gradients', () => {
    checkGrads((x) => x.chunk(2, 1)[1].square().add(x.chunk(2, 1)[0]), [randn([2, 4], { requiresGrad: true })])
  })
  it('refuse sizes that do not add up', () => {
    throws(
      () => zeros([5]).split([2, 2]),
      ShapeError,
      'split: expected sizes that add up to 5, got [2, 2], which add up to 4; input [5]',
    )
    throws(() => zeros([5]).split(0), RangeError, 'split: expected size to be an integer of at least 1, got 0')
    throws(() => zeros([5]).chunk(0), RangeError, 'chunk: expected chunks to be an integer of at least 1, got 0')
  })
})
