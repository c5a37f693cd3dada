import { describe, expect, it } from 'vitest'
import { cat, DTypeError, randn, ShapeError, stack, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('cat', () => {
  it('joins along a dimension', () => {
    const a = tensor([[1], [2]])
    const b = tensor([
      [3, 4],
      [5, 6],
    ])
    expect(cat([a, b], 1).toArray()).toEqual([
      [1, 3, 4],
      [2, 5, 6],
    ])
    expect(cat([b, b.t()]).toArray()).toEqual([
      [3, 4],
      [5, 6],
      [3, 5],
      [4, 6],
    ])
    expect(cat([tensor([1n]), tensor([2n])]).toArray()).toEqual([1n, 2n])
  })
  it('keeps images channels-last', () => {
    const image = randn([2, 3, 2, 2]).contiguous({ memoryFormat: 'channelsLast' })
    const joined = cat([image, image], 1)
    expect([joined.shape, joined.isContiguous('channelsLast')]).toEqual([[2, 6, 2, 2], true])
    expect(joined.slice(1, 3).toArray()).toEqual(image.toArray())
  })
  it('passes gradients to those that require one', () => {
    const a = randn([2, 2], { requiresGrad: true })
    const b = randn([2, 3])
    checkGrads((x, y) => cat([x, y, x], 1).square(), [a, b])
    const image = () => randn([1, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    checkGrads((x, y) => cat([x, y], 1).square(), [image(), image()])
  })
  it('refuses what does not fit', () => {
    throws(() => cat([]), ShapeError, 'cat: expected at least one tensor, got none')
    throws(() => cat([tensor(1)]), ShapeError, 'cat: expected at least one dimension; input []; use stack')
    throws(
      () => cat([zeros([2, 3]), zeros([3, 3])], 1),
      ShapeError,
      'cat: expected equal sizes but for dimension 1, got position 1 different; shapes [2, 3], [3, 3]',
    )
    throws(
      () => cat([zeros([2]), tensor([1n])]),
      DTypeError,
      'cat: expected tensors of one dtype, got float32 and int64 at position 1',
    )
  })
})

describe('stack', () => {
  it('joins along a new dimension', () => {
    const a = tensor([1, 2])
    const b = tensor([3, 4])
    expect([stack([a, b]).toArray(), stack([a, b], -1).toArray()]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 3],
        [2, 4],
      ],
    ])
    expect(stack([tensor(1), tensor(2)]).toArray()).toEqual([1, 2])
  })
  it('passes gradients', () => {
    checkGrads(
      (x, y) => stack([x, y], 1).square(),
      [randn([2, 2], { requiresGrad: true }), randn([2, 2], { requiresGrad: true })],
    )
  })
  it('refuses shapes that differ', () => {
    throws(() => stack([]), ShapeError, 'stack: expected at least one tensor, got none')
    throws(
      () => stack([zeros([2]), zeros([3])]),
      ShapeError,
      'stack: expected equal sizes but for dimension -1, got position 1 different; shapes [2], [3]',
    )
  })
})
