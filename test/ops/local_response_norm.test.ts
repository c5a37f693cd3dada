import { describe, expect, it } from 'vitest'
import { functional as F, noGrad, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('localResponseNorm', () => {
  it('damps by the window around each channel, the larger half of an even one below', () => {
    const input = tensor([[[1], [2], [3]]])
    const options = { alpha: 2, beta: 1, k: 1 }
    // Of channel 1 the window of 2 holds channels 0 and 1: 2 / (1 + 2 / 2 · 5).
    const [a, b, c] = F.localResponseNorm(input, 2, options).toTypedArray()
    expect([a, b, c].map(Number)).toEqual([
      expect.closeTo(1 / 2, 6),
      expect.closeTo(2 / 6, 6),
      expect.closeTo(3 / 14, 6),
    ])
  })
  it('has the defaults of PyTorch, and gives images channels-last', () => {
    const input = randn([2, 7, 3, 3])
    const output = F.localResponseNorm(input, 5)
    expect(output.equal(F.localResponseNorm(input, 5, { alpha: 1e-4, beta: 0.75, k: 1 }))).toBe(true)
    expect(output.isContiguous('channelsLast')).toBe(true)
  })
  it('differentiates, records nothing without need, and takes an empty batch', () => {
    checkGrads((x) => F.localResponseNorm(x, 3, { alpha: 1 }), [leaf([2, 5, 2])], 1e-2)
    checkGrads((x) => F.localResponseNorm(x, 4, { alpha: 1, beta: 0.5 }), [leaf([1, 5, 2, 2])], 1e-2)
    expect(noGrad(() => F.localResponseNorm(leaf([1, 2, 3]), 3)).requiresGrad).toBe(false)
    expect(F.localResponseNorm(zeros([0, 2, 3]), 3).shape).toEqual([0, 2, 3])
  })
})

describe('errors', () => {
  it('name dimensions', () => {
    throws(
      () => F.localResponseNorm(zeros([2, 3]), 3),
      ShapeError,
      'localResponseNorm: expected input of at least 3 dimensions [N, C, ...], got 2; input [2, 3]',
    )
  })
  it('name numbers out of range', () => {
    const input = zeros([1, 2, 3])
    throws(
      () => F.localResponseNorm(input, 0),
      RangeError,
      'localResponseNorm: expected size to be an integer of at least 1, got 0',
    )
    for (const name of ['alpha', 'beta', 'k']) {
      throws(
        () => F.localResponseNorm(input, 3, { [name]: Number.NaN }),
        RangeError,
        `localResponseNorm: expected ${name} to be a finite number, got NaN`,
      )
    }
    throws(
      () => F.localResponseNorm(input, 3, { gamma: 1 } as never),
      RangeError,
      'localResponseNorm: expected options alpha, beta, k, got "gamma"',
    )
  })
})
