import { describe, expect, it } from 'vitest'
import { functional as F, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('linear', () => {
  it('maps the last dimension', () => {
    const weight = tensor([
      [1, 2],
      [0, -1],
      [3, 0],
    ])
    expect(F.linear(tensor([[1, 2]]), weight, tensor([10, 20, 30])).toArray()).toEqual([[15, 18, 33]])
    expect(F.linear(tensor([1, 2]), weight).toArray()).toEqual([5, -2, 3])
    expect(F.linear(zeros([4, 5, 2]), weight).shape).toEqual([4, 5, 3])
  })
  it('takes operands in any order in memory', () => {
    const input = randn([3, 4])
    const weight = randn([2, 3])
    expect(F.linear(input.t(), weight.t().contiguous().t()).equal(F.linear(input.t().contiguous(), weight))).toBe(true)
  })
  it.each([[[4, 3]], [[3]], [[2, 2, 3]]])('differentiates inputs %j', (shape) => {
    checkGrads((x, w, b) => F.linear(x, w, b), [leaf(shape), leaf([2, 3]), leaf([2])])
    checkGrads((x, w) => F.linear(x, w), [randn(shape), leaf([2, 3])])
  })
  it('of no rows has zero gradients', () => {
    const weight = leaf([2, 3])
    const bias = leaf([2])
    F.linear(zeros([0, 3]), weight, bias)
      .sum()
      .backward()
    expect([weight.grad?.abs().sum().item(), bias.grad?.toArray()]).toEqual([0, [0, 0]])
  })
})

describe('errors', () => {
  it('name sizes that do not fit', () => {
    throws(
      () => F.linear(zeros([2, 4]), zeros([5, 3])),
      ShapeError,
      'linear: expected the last dimension of input to equal weight.shape[1] (3), got 4; input [2, 4], weight [5, 3]',
    )
    throws(
      () => F.linear(tensor(1), zeros([5, 3])),
      ShapeError,
      'linear: expected the last dimension of input to equal weight.shape[1] (3), got a single number; input [], weight [5, 3]',
    )
    throws(
      () => F.linear(zeros([2, 3]), zeros([3])),
      ShapeError,
      'linear: expected weight of shape [out, in] with elements; input [2, 3], weight [3]',
    )
    throws(
      () => F.linear(zeros([2, 3]), zeros([5, 3]), zeros([3])),
      ShapeError,
      'linear: expected bias of shape [5]; bias [3], weight [5, 3]',
    )
  })
})
