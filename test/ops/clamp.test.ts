import { describe, expect, it } from 'vitest'
import { DTypeError, RangeError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('clamp', () => {
  it('limits to either bound or both', () => {
    const x = tensor([-2, 0.5, 3])
    expect([x.clamp(-1, 1), x.clamp(0), x.clamp(undefined, 0)].map((y) => y.toArray())).toEqual([
      [-1, 0.5, 1],
      [0, 0.5, 3],
      [-2, 0, 0],
    ])
    expect(tensor([Number.NaN]).clamp(0, 1).item()).toBeNaN()
  })
  it('passes gradients within the bounds and on them', () => {
    checkGrads((x) => x.clamp(-1, 1).mul(2), [tensor([-2, -0.5, 0.5, 3], { requiresGrad: true })])
    const x = tensor([-1, 0, 1, 2], { requiresGrad: true })
    x.clamp(-1, 1).sum().backward()
    expect(x.grad?.toArray()).toEqual([1, 1, 1, 0])
  })
  it('works in place', () => {
    expect(tensor([-2, 3]).clamp_(-1, 1).toArray()).toEqual([-1, 1])
    checkGrads((x) => x.mul(1).clamp_(-1).mul(2), [tensor([-2, -0.5, 3], { requiresGrad: true })])
  })
  it('needs a bound', () => {
    throws(() => tensor([1]).clamp(), RangeError, 'clamp: expected min, max or both, got neither')
    throws(() => tensor([1]).clamp_(Number.NaN), RangeError, 'clamp_: expected bounds to be numbers, got NaN')
    throws(
      () => tensor([1n]).clamp(0),
      DTypeError,
      "clamp: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
  })
})
