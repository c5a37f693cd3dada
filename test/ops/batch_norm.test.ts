import { describe, expect, it } from 'vitest'
import {
  functional as F,
  noGrad,
  ones,
  RangeError,
  randn,
  ShapeError,
  StateError,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('batchNorm', () => {
  it('normalises by the batch in training and updates the running statistics', () => {
    const mean = zeros([1])
    const variance = ones([1])
    const output = F.batchNorm(tensor([[1], [3]]), mean, variance, { training: true, momentum: 0.5, eps: 0 })
    expect([output.toArray(), mean.toArray(), variance.toArray()]).toEqual([[[-1], [1]], [1], [1.5]])
  })
  it('normalises by the running statistics otherwise and leaves them', () => {
    const mean = tensor([1])
    const variance = tensor([4])
    const options = { weight: tensor([3]), bias: tensor([10]), eps: 0 }
    expect(F.batchNorm(tensor([[5]]), mean, variance, options).toArray()).toEqual([[16]])
    expect([mean.item(), variance.item()]).toEqual([1, 4])
  })
  it('takes 2 to 5 dimensions and gives them channels-last', () => {
    for (const shape of [
      [4, 3],
      [4, 3, 2],
      [4, 3, 2, 2],
      [2, 3, 2, 2, 2],
    ]) {
      const x = randn(shape)
      const output = F.batchNorm(x, null, null, { training: true })
      const dims = [...shape.keys()].filter((dim) => dim !== 1)
      expect(output.isContiguous('channelsLast')).toBe(true)
      expect(output.mean(dims).allclose(zeros([3]), { atol: 1e-5 })).toBe(true)
      expect(output.var(dims, { correction: 0 }).allclose(ones([3]), { atol: 1e-3 })).toBe(true)
    }
  })
  it('is right for a large mean and a small deviation', () => {
    const x = tensor(
      Float32Array.from({ length: 64 }, (_, i) => 1000 + (i % 2 ? 0.01 : -0.01)),
      { shape: [64, 1] },
    )
    const output = F.batchNorm(x, null, null, { training: true, eps: 0 })
    expect(Math.abs(Number(output.abs().mean().item()) - 1)).toBeLessThan(1e-2)
  })
  it('differentiates in training and evaluation, with and without affine map', () => {
    const train = { training: true, eps: 0.1 }
    checkGrads(
      (x, weight, bias) => F.batchNorm(x, null, null, { ...train, weight, bias }),
      [leaf([3, 2, 2, 2]), leaf([2]), leaf([2])],
      1e-2,
    )
    checkGrads((x) => F.batchNorm(x, null, null, train), [leaf([4, 3])], 1e-2)
    const mean = randn([2])
    const variance = tensor([0.5, 2])
    checkGrads(
      (x, weight, bias) => F.batchNorm(x, mean, variance, { weight, bias }),
      [leaf([3, 2, 2]), leaf([2]), leaf([2])],
      1e-2,
    )
    checkGrads((x) => F.batchNorm(x, mean, variance), [leaf([3, 2])])
  })
  it('notices when statistics that backward needs have moved on', () => {
    const mean = zeros([2])
    const variance = ones([2])
    const loss = F.batchNorm(leaf([3, 2]), mean, variance).sum()
    noGrad(() => F.batchNorm(randn([3, 2]), mean, variance, { training: true }))
    expect(() => loss.backward()).toThrow('batchNorm: a tensor needed for backward, of shape [2], has been modified')
  })
})

describe('errors', () => {
  it('name a channel with a single value, and the cure', () => {
    throws(
      () => F.batchNorm(zeros([1, 16]), zeros([16]), ones([16]), { training: true }),
      ShapeError,
      'batchNorm: expected more than 1 value per channel when training, got input [1, 16]; ' +
        'use a larger batch, or eval() to normalise with the running statistics',
    )
  })
  it('name statistics and parameters that do not fit', () => {
    for (const name of ['weight', 'bias'] as const) {
      throws(
        () => F.batchNorm(zeros([2, 3]), zeros([3]), ones([3]), { [name]: ones([2]) }),
        ShapeError,
        `batchNorm: expected ${name} to be contiguous of shape [3]; ${name} [2], input [2, 3]`,
      )
    }
    throws(
      () => F.batchNorm(zeros([2, 3]), zeros([2]), ones([3])),
      ShapeError,
      'batchNorm: expected runningMean to be contiguous of shape [3]; runningMean [2], input [2, 3]',
    )
    throws(
      () => F.batchNorm(zeros([2, 3]), zeros([3]), ones([6]).slice(0, 0, 6, 2)),
      ShapeError,
      'batchNorm: expected runningVar to be contiguous of shape [3]; runningVar [3], input [2, 3]',
    )
    throws(
      () => F.batchNorm(zeros([3]), zeros([3]), ones([3])),
      ShapeError,
      'batchNorm: expected input of at least 2 dimensions [N, C, ...], got 1; input [3]',
    )
    throws(
      () => F.batchNorm(zeros([2, 3]), null, null),
      StateError,
      'batchNorm: expected runningMean and runningVar outside training, got null',
    )
  })
  it('name hyper-parameters out of range', () => {
    throws(
      () => F.batchNorm(zeros([2, 3]), null, null, { training: true, eps: Number.NaN }),
      RangeError,
      'batchNorm: expected eps to be a finite number of at least 0, got NaN',
    )
    throws(
      () => F.batchNorm(zeros([2, 3]), null, null, { training: true, momentum: Number.POSITIVE_INFINITY }),
      RangeError,
      'batchNorm: expected momentum to be a finite number, got Infinity',
    )
  })
})
