import { describe, expect, it } from 'vitest'
import { RangeError, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const x = () =>
  tensor([
    [3, 1, 2],
    [0, 5, 5],
  ])

describe('max and min', () => {
  it('of everything are single numbers', () => {
    expect([x().max().item(), x().min().item(), x().max().shape]).toEqual([5, 0, []])
  })
  it('along a dimension come with their positions, the first of equals', () => {
    const [values, indices] = x().max(1)
    expect([values.toArray(), indices.toArray(), indices.dtype]).toEqual([[3, 5], [0, 1], 'int32'])
    const [low, where] = x().min(0, { keepdim: true })
    expect([low.toArray(), where.toArray()]).toEqual([[[0, 1, 2]], [[1, 0, 0]]])
  })
  it('let NaN win', () => {
    const [values, indices] = tensor([1, Number.NaN, 3]).max(0)
    expect([values.item(), indices.item(), tensor([1, Number.NaN]).min().item()]).toEqual([Number.NaN, 1, Number.NaN])
  })
  it('share the gradient of everything among ties, and give that of a dimension to the position', () => {
    const all = x().requiresGrad_()
    all.max().backward()
    expect(all.grad?.toArray()).toEqual([
      [0, 0, 0],
      [0, 0.5, 0.5],
    ])
    const rows = x().requiresGrad_()
    rows
      .max(1)[0]
      .mul(tensor([1, 10]))
      .sum()
      .backward()
    expect(rows.grad?.toArray()).toEqual([
      [1, 0, 0],
      [0, 10, 0],
    ])
    const distinct = () => tensor([3, 1, 2, 0, 5, -4, 7, 9], { shape: [2, 2, 2], requiresGrad: true })
    checkGrads((input) => input.min(1)[0].mul(2), [distinct()])
    checkGrads((input) => input.max(0, { keepdim: true })[0].mul(2), [distinct()])
    checkGrads((input) => input.min().mul(2), [distinct()])
  })
  it('keep integers', () => {
    expect([tensor([3n, 7n]).max().item(), tensor([3, 7], { dtype: 'int32' }).min(0)[0].dtype]).toEqual([7n, 'int32'])
  })
})

describe('argmax and argmin', () => {
  it('count along a dimension, or in row-major order of everything', () => {
    expect([x().argmax().item(), x().argmax(1).toArray(), x().argmin(0).toArray()]).toEqual([4, [0, 1], [1, 0, 0]])
    expect([x().argmax().dtype, x().argmax(1, { keepdim: true }).shape]).toEqual(['int32', [2, 1]])
    expect(tensor([4n, 9n, 9n]).argmax().item()).toBe(1)
  })
  it('do not depend on the order in memory', () => {
    const turned = x().t().contiguous().t()
    expect([turned.argmax().item(), turned.argmin().item()]).toEqual([4, 3])
    const image = tensor(
      Float32Array.from({ length: 24 }, (_, i) => (i * 7) % 24),
      { shape: [1, 3, 2, 4] },
    )
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    expect([last.argmax().item(), last.argmax(1).toArray()]).toEqual([image.argmax().item(), image.argmax(1).toArray()])
  })
})

describe('errors', () => {
  it('name what there is nothing to choose from', () => {
    throws(() => zeros([0]).max(), ShapeError, 'max: expected at least one element to choose from; input [0]')
    throws(() => zeros([2, 0]).min(1), ShapeError, 'min: expected at least one element to choose from; input [2, 0]')
    throws(() => zeros([0]).argmax(), ShapeError, 'argmax: expected at least one element to choose from; input [0]')
    throws(
      () => zeros([0, 2]).argmin(0),
      ShapeError,
      'argmin: expected at least one element to choose from; input [0, 2]',
    )
  })
  it('name a dimension that does not exist', () => {
    throws(() => x().argmax(2), RangeError, 'argmax: expected a dimension from -2 to 1, got 2')
    throws(() => x().max(-3), RangeError, 'max: expected a dimension from -2 to 1, got -3')
  })
})
