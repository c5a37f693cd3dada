import { describe, expect, it } from 'vitest'
import { arange, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const counting = (shape: number[]) =>
  arange(
    shape.reduce((a, b) => a * b, 1),
    { dtype: 'float32' },
  ).reshape(shape)
const sharesMemory = (a: { storage: unknown }, b: { storage: unknown }) => a.storage === b.storage

describe('reshape', () => {
  it('is a view where the order in memory allows, else a copy', () => {
    const x = counting([2, 3])
    expect([x.reshape([3, -1]).shape, sharesMemory(x, x.reshape([3, 2]))]).toEqual([[3, 2], true])
    const copy = x.t().reshape([6])
    expect([copy.toArray(), sharesMemory(x, copy)]).toEqual([[0, 3, 1, 4, 2, 5], false])
  })
  it('passes gradients', () => {
    checkGrads((x) => x.reshape([3, 2]).square(), [randn([2, 3], { requiresGrad: true })])
    checkGrads((x) => x.t().reshape([6]).square(), [randn([2, 3], { requiresGrad: true })])
  })
  it('reads images in logical order', () => {
    const image = counting([1, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' })
    expect(image.reshape([8]).toArray()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
  it('as view() refuses to copy', () => {
    expect(counting([2, 3]).view([6]).shape).toEqual([6])
    throws(
      () => counting([2, 3]).t().view([6]),
      ShapeError,
      'view: expected an order in memory that [6] can be read from without a copy, got strides [1, 3]; input [3, 2]; use reshape',
    )
  })
})

describe('flatten and unflatten', () => {
  it('join and split dimensions', () => {
    const x = counting([2, 3, 4])
    expect([x.flatten().shape, x.flatten(1).shape, x.flatten(0, 1).shape, tensor(1).flatten().shape]).toEqual([
      [24],
      [2, 12],
      [6, 4],
      [1],
    ])
    expect(x.flatten(1, 1)).toBe(x)
    expect(x.unflatten(-1, [2, -1]).shape).toEqual([2, 3, 2, 2])
  })
  it('pass gradients through channels-last images', () => {
    const image = randn([2, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    checkGrads((x) => x.flatten(1).square(), [image])
  })
  it('refuse dimensions in the wrong order or that do not exist', () => {
    throws(() => counting([2, 3]).flatten(1, 0), RangeError, 'flatten: expected startDim <= endDim, got 1 and 0')
    throws(() => counting([2, 3]).flatten(2), RangeError, 'flatten: expected a dimension from -2 to 1, got 2')
    throws(
      () => counting([2, 3]).unflatten(1, [2, 2]),
      ShapeError,
      'unflatten: expected a shape of 3 elements, got [2, 2]; input [2, 3]',
    )
    throws(() => tensor(1).unflatten(0, [1]), ShapeError, 'unflatten: expected at least one dimension; input []')
  })
})

describe('squeeze and unsqueeze', () => {
  it('drop and insert dimensions of size 1', () => {
    const x = zeros([1, 2, 1, 3])
    expect([x.squeeze().shape, x.squeeze(0).shape, x.squeeze(1).shape, x.squeeze([0, 2]).shape]).toEqual([
      [2, 3],
      [2, 1, 3],
      [1, 2, 1, 3],
      [2, 3],
    ])
    expect([zeros([2]).unsqueeze(0).shape, zeros([2]).unsqueeze(-1).shape, tensor(1).unsqueeze(0).shape]).toEqual([
      [1, 2],
      [2, 1],
      [1],
    ])
  })
  it('pass gradients', () => {
    checkGrads((x) => x.unsqueeze(1).squeeze(1).square(), [randn([2, 2], { requiresGrad: true })])
  })
  it('refuse what does not exist', () => {
    throws(() => zeros([2]).squeeze(1), RangeError, 'squeeze: expected a dimension from -1 to 0, got 1')
    throws(() => zeros([2]).unsqueeze(3), RangeError, 'unsqueeze: expected a dimension from -2 to 1, got 3')
  })
})
