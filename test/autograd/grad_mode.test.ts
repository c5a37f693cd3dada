import { describe, expect, it } from 'vitest'
import { enableGrad, isGradEnabled, noGrad, StateError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const leaf = () => tensor([1], { requiresGrad: true })

describe('noGrad', () => {
  it('records nothing', () => {
    const output = noGrad(() => leaf().mul(2))
    expect([output.requiresGrad, output.isLeaf, output.gradFn]).toEqual([false, true, null])
  })
  it('can be lifted inside', () => {
    expect(noGrad(() => enableGrad(() => leaf().mul(2))).requiresGrad).toBe(true)
  })
  it('ends when the function throws', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(isGradEnabled()).toBe(true)
  })
  it('refuses a function that returns a promise, and ends', () => {
    throws(
      () => noGrad(async () => 1),
      StateError,
      'noGrad: expected a synchronous function, got one that returns a promise; its later steps would run outside',
    )
    throws(
      () => enableGrad(() => Promise.reject(new Error('never seen'))),
      StateError,
      'enableGrad: expected a synchronous function, got one that returns a promise; its later steps would run outside',
    )
    expect(isGradEnabled()).toBe(true)
  })
})
