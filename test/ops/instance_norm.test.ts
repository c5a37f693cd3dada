import { describe, expect, it } from 'vitest'
import { functional as F, ones, RangeError, randn, ShapeError, StateError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('instanceNorm', () => {
  it('is group normalization with one channel a group', () => {
    for (const shape of [
      [2, 3, 5],
      [2, 3, 4, 5],
      [2, 3, 2, 2, 3],
    ]) {
      const input = randn(shape)
      const affine = { weight: randn([3]), bias: randn([3]) }
      expect(F.instanceNorm(input, affine).equal(F.groupNorm(input, 3, affine))).toBe(true)
    }
  })
  it('moves running statistics by the average over the images', () => {
    const input = tensor([[[0, 2]], [[4, 8]]])
    const runningMean = ones([1])
    const runningVar = ones([1])
    F.instanceNorm(input, { runningMean, runningVar, momentum: 0.5 })
    // Means 1 and 6, unbiased variances 2 and 8.
    expect(runningMean.item()).toBeCloseTo(0.5 + 3.5 / 2, 5)
    expect(runningVar.item()).toBeCloseTo(0.5 + 5 / 2, 5)
  })
  it('moves the running variance without eps, to the digits that their sum has', () => {
    const runningVar = zeros([2])
    F.instanceNorm(
      tensor([
        [
          [7, 7],
          [0, 2e-3],
        ],
      ]),
      { runningVar, momentum: 1, eps: 0.5 },
    )
    const [constant, other] = runningVar.toTypedArray()
    // A float32 near √2 lets 0.5 + variance be 0.5 · 2⁻²³ off.
    expect(Math.abs(Number(constant))).toBeLessThan(1.2e-7)
    expect(Math.abs(Number(other) - 2e-6)).toBeLessThan(2.4e-7)
  })
  it('uses the running statistics on demand', () => {
    const runningMean = tensor([1])
    const runningVar = tensor([4])
    const output = F.instanceNorm(tensor([[[5]]]), { runningMean, runningVar, useInputStats: false, eps: 0 })
    expect([output.item(), runningMean.item(), runningVar.item()]).toEqual([2, 1, 4])
  })
  it('differentiates', () => {
    checkGrads(
      (x, weight, bias) => F.instanceNorm(x, { weight, bias, eps: 0.1 }),
      [leaf([2, 2, 3, 2]), leaf([2]), leaf([2])],
      1e-2,
    )
    const running = { runningMean: randn([2]), runningVar: ones([2]), useInputStats: false }
    checkGrads((x) => F.instanceNorm(x, running), [leaf([2, 2, 3])])
  })
  it('notices that running statistics moved before backward', () => {
    const running = { runningMean: zeros([2]), runningVar: ones([2]) }
    const loss = F.instanceNorm(leaf([3, 2, 2]), { ...running, useInputStats: false }).sum()
    F.instanceNorm(randn([3, 2, 2]), running)
    expect(() => loss.backward()).toThrow('has been modified by an in-place operation')
  })
})

describe('errors', () => {
  it('name images of one pixel, and the cure', () => {
    throws(
      () => F.instanceNorm(zeros([4, 3, 1, 1])),
      ShapeError,
      'instanceNorm: expected more than 1 pixel per channel, got input [4, 3, 1, 1]; ' +
        'use useInputStats false (eval() in a layer with running statistics)',
    )
  })
  it('name dimensions and shapes', () => {
    throws(
      () => F.instanceNorm(zeros([4, 3])),
      ShapeError,
      'instanceNorm: expected input of at least 3 dimensions [N, C, ...], got 2; input [4, 3]',
    )
    for (const name of ['weight', 'bias', 'runningMean', 'runningVar']) {
      throws(
        () => F.instanceNorm(zeros([2, 3, 4]), { [name]: ones([2]) }),
        ShapeError,
        `instanceNorm: expected ${name} of shape [3], got [2]; input [2, 3, 4]`,
      )
    }
  })
  it('name missing statistics and options', () => {
    throws(
      () => F.instanceNorm(zeros([2, 3, 4]), { useInputStats: false }),
      StateError,
      'instanceNorm: expected runningMean and runningVar with useInputStats false, got null',
    )
    throws(
      () => F.instanceNorm(zeros([2, 3, 4]), { eps: -1 }),
      RangeError,
      'instanceNorm: expected eps to be a finite number of at least 0, got -1',
    )
    throws(
      () => F.instanceNorm(zeros([2, 3, 4]), { momentum: Number.NaN }),
      RangeError,
      'instanceNorm: expected momentum to be a finite number, got NaN',
    )
    throws(
      () => F.instanceNorm(zeros([2, 3, 4]), { training: true } as never),
      RangeError,
      'instanceNorm: expected options runningMean, runningVar, weight, bias, useInputStats, momentum, eps, got "training"',
    )
  })
})
