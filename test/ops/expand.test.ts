import { describe, expect, it } from 'vitest'
import { randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('expand', () => {
  it('repeats without copying', () => {
    const x = tensor([[1], [2]])
    const y = x.expand([3, -1, 2])
    expect([y.shape, y.storage === x.storage, y.select(0, 2).toArray()]).toEqual([
      [3, 2, 2],
      true,
      [
        [1, 1],
        [2, 2],
      ],
    ])
    expect(x.broadcastTo([2, 2]).toArray()).toEqual([
      [1, 1],
      [2, 2],
    ])
  })
  it('sums gradients over what was repeated', () => {
    checkGrads((x) => x.expand([3, 2, 2]).square(), [randn([2, 1], { requiresGrad: true })])
  })
  it('refuses sizes that cannot be reached', () => {
    throws(
      () => zeros([2]).expand([3]),
      ShapeError,
      'expand: expected a shape that the input broadcasts to, got [3]; input [2]',
    )
    throws(
      () => zeros([2, 1]).broadcastTo([2]),
      ShapeError,
      'broadcastTo: expected a shape that the input broadcasts to, got [2]; input [2, 1]',
    )
    throws(
      () => zeros([2]).expand([-1, 2]),
      ShapeError,
      'expand: expected a shape of non-negative integers, got [-1, 2]',
    )
  })
})
