import { describe, expect, it } from 'vitest'
import { DTypeError, ones, ShapeError, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const leaf = (values: number[]) => tensor(values, { requiresGrad: true })

describe('hooks', () => {
  it('see the gradient of a leaf once, summed over all paths', () => {
    const x = leaf([1, 2])
    const seen: unknown[] = []
    x.registerHook((grad) => {
      seen.push(grad.toArray())
      return undefined
    })
    x.mul(2).add(x).sum().backward()
    expect([seen, x.grad?.toArray()]).toEqual([[[3, 3]], [3, 3]])
  })
  it('may replace the gradient of a leaf and of a tensor between', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    y.registerHook((grad) => grad.mul(10))
    x.registerHook((grad) => grad.add(1))
    y.sum().backward()
    expect(x.grad?.toArray()).toEqual([21, 21])
  })
  it('may keep the gradient that they saw', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    let kept: Tensor | undefined
    y.registerHook((grad) => {
      kept = grad
      return undefined
    })
    y.mul(3).sum().backward()
    expect(kept?.toArray()).toEqual([3, 3])
  })
  it('end when they are removed', () => {
    const x = leaf([1])
    let calls = 0
    const handle = x.registerHook(() => {
      calls++
      return undefined
    })
    x.mul(1).backward()
    handle.remove()
    handle.remove()
    x.mul(1).backward()
    expect(calls).toBe(1)
  })
  it('leave the graph clean when they throw', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    const handle = y.registerHook(() => {
      throw new Error('stop')
    })
    const loss = y.sum()
    expect(() => loss.backward(undefined, { retainGraph: true })).toThrow('stop')
    expect(x.grad).toBeNull()
    handle.remove()
    loss.backward()
    expect(x.grad?.toArray()).toEqual([2, 2])
  })
  it('cannot run the backward that they are part of', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    const loss = y.sum()
    let calls = 0
    y.registerHook(() => {
      if (calls++ === 0) loss.backward(undefined, { retainGraph: false })
      return undefined
    })
    throws(() => loss.backward(undefined, { retainGraph: true }), StateError, 'backward: mul was released while it ran')
  })
  it('must return a gradient of the same kind', () => {
    const attempt = (value: unknown) => () => {
      const x = leaf([1, 2])
      x.registerHook(() => value as Tensor)
      x.sum().backward()
    }
    throws(
      attempt(ones([3])),
      ShapeError,
      'registerHook: expected the hook to return a float32 gradient of shape [2], got float32 [3]',
    )
    throws(attempt(7), DTypeError, 'registerHook: expected the hook to return a tensor or nothing, got 7')
  })
  it('need a tensor with a gradient', () => {
    throws(
      () => zeros([2]).registerHook(() => undefined),
      StateError,
      'registerHook: expected a tensor that requires gradients; tensor [2]',
    )
  })
})

describe('retainGrad', () => {
  it('keeps the gradient of a tensor that is not a leaf', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    y.retainGrad()
    y.mul(3).sum().backward()
    expect([y.grad?.toArray(), x.grad?.toArray()]).toEqual([
      [3, 3],
      [6, 6],
    ])
  })
  it('does nothing to a leaf', () => {
    const x = leaf([1])
    x.retainGrad()
    x.mul(2).backward()
    expect(x.grad?.toArray()).toEqual([2])
  })
  it('needs a tensor with a gradient', () => {
    throws(
      () => zeros([2]).retainGrad(),
      StateError,
      'retainGrad: expected a tensor that requires gradients; tensor [2]',
    )
  })
})
