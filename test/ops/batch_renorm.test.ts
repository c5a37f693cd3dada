import { describe, expect, it } from 'vitest'
import { functional as F, nn, ones, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('batchRenorm', () => {
  it('is batch normalization with limits of 1 and 0', () => {
    const input = randn([4, 3, 2, 2])
    const affine = { weight: randn([3]), bias: randn([3]) }
    const [meanA, varA, meanB, varB] = [randn([3]), ones([3]), zeros([3]), ones([3])]
    meanB.copy_(meanA)
    const options = { ...affine, training: true, momentum: 0.1 }
    const output = F.batchRenorm(input, meanA, varA, { ...options, rMax: 1, dMax: 0 })
    expect(output.allclose(F.batchNorm(input, meanB, varB, options), { atol: 1e-6 })).toBe(true)
    expect(meanA.equal(meanB) && varA.equal(varB)).toBe(true)
  })
  it('normalises by the running statistics within its limits', () => {
    const input = randn([8, 3]).mul(1.5).add(0.5)
    const [mean, variance] = [zeros([3]), ones([3])]
    const want = F.batchNorm(input, mean, variance)
    const output = F.batchRenorm(input, mean, variance, { training: true, rMax: 100, dMax: 100 })
    expect(output.allclose(want, { atol: 1e-5 })).toBe(true)
  })
  it('limits both corrections', () => {
    // Batch: mean 10, deviation 2. Running: mean 0, deviation 0.5, so that r would be 4 and d 20.
    const input = tensor([[8], [12]])
    const options = { training: true, eps: 0, rMax: 3, dMax: 5 }
    const output = F.batchRenorm(input, zeros([1]), tensor([0.25]), options)
    expect([...output.toTypedArray()].map(Number)).toEqual([expect.closeTo(-3 + 5, 5), expect.closeTo(3 + 5, 5)])
    const below = F.batchRenorm(input.sub(20), zeros([1]), tensor([100]), { ...options, dMax: 0.5 })
    expect([...below.toTypedArray()].map(Number)).toEqual([
      expect.closeTo(-1 / 3 - 0.5, 5),
      expect.closeTo(1 / 3 - 0.5, 5),
    ])
  })
  it('updates the running statistics with what was there before', () => {
    const [mean, variance] = [zeros([1]), ones([1])]
    F.batchRenorm(tensor([[1], [3]]), mean, variance, { training: true, momentum: 0.5 })
    expect([mean.item(), variance.item()]).toEqual([1, 1.5])
  })
  it('uses the running statistics in evaluation', () => {
    const input = randn([1, 3])
    const [mean, variance] = [randn([3]), ones([3])]
    expect(F.batchRenorm(input, mean, variance).equal(F.batchNorm(input, mean, variance))).toBe(true)
  })
  it('lets no gradient flow through the corrections', () => {
    // The gradient is that of batch normalization with r and d as constants.
    const input = randn([5, 2])
    const [r, d] = [tensor([3, 1 / 3]), tensor([2, -2])]
    const [mean, variance] = [tensor([-1e3, 1e3]), tensor([1e-4, 1e6])]
    const a = input.clone().requiresGrad_()
    const b = input.clone().requiresGrad_()
    const weights = randn([5, 2])
    const limits = { training: true, rMax: 3, dMax: 2 }
    F.batchRenorm(a, mean, variance, limits).mul(weights).sum().backward()
    F.batchNorm(b, null, null, { training: true, weight: r, bias: d }).mul(weights).sum().backward()
    expect(a.grad!.allclose(b.grad!, { rtol: 1e-4, atol: 1e-6 })).toBe(true)
  })
  it('differentiates weight and bias', () => {
    const input = randn([4, 2, 3])
    const options = { training: true, momentum: 0, rMax: 2, dMax: 0.1 }
    checkGrads(
      (weight, bias) => F.batchRenorm(input, zeros([2]), ones([2]), { ...options, weight, bias }),
      [leaf([2]), leaf([2])],
      1e-2,
    )
  })
})

describe('BatchRenorm2d', () => {
  it('follows the schedules of its limits, by default those of the paper', () => {
    const image = randn([2, 3, 4, 4]).add(2)
    const seen: number[] = []
    const rMaxAt = (batches: number) => {
      seen.push(batches)
      return 2
    }
    const layer = new nn.BatchRenorm2d(3, { rMax: rMaxAt, dMax: 1, momentum: 0.1 })
    const [mean, variance] = [zeros([3]), ones([3])]
    const { weight, bias } = layer
    for (let i = 0; i < 2; i++) {
      const options = { weight, bias, training: true, momentum: 0.1, rMax: 2, dMax: 1 }
      expect(layer.forward(image).equal(F.batchRenorm(image, mean, variance, options))).toBe(true)
    }
    expect([seen, layer.numBatchesTracked.item()]).toEqual([[0, 1], 2n])
    const { rMax, dMax } = new nn.BatchRenorm2d(3)
    const at = (limit: nn.RenormLimit, batches: number) => (limit as (batches: number) => number)(batches)
    expect([0, 5000, 22_500, 40_000, 1e6].map((batches) => at(rMax, batches))).toEqual([1, 1, 2, 3, 3])
    expect([0, 5000, 15_000, 25_000, 1e6].map((batches) => at(dMax, batches))).toEqual([0, 0, 2.5, 5, 5])
  })
  it('averages all batches without a momentum, and is fixed in evaluation', () => {
    const layer = new nn.BatchRenorm2d(1, { momentum: null, affine: false })
    for (const value of [1, 4]) layer.forward(tensor([value - 1, value + 1]).reshape([2, 1, 1, 1]))
    expect(layer.runningMean.item()).toBeCloseTo(2.5, 5)
    layer.eval().forward(randn([1, 1, 1, 1]))
    expect(layer.numBatchesTracked.item()).toBe(2n)
  })
})

describe('errors', () => {
  const running = () => [zeros([3]), ones([3])] as const
  it('name shapes, and the cure for a single value', () => {
    throws(
      () => F.batchRenorm(zeros([3]), ...running()),
      ShapeError,
      'batchRenorm: expected input of at least 2 dimensions [N, C, ...], got 1; input [3]',
    )
    throws(
      () => F.batchRenorm(zeros([2, 4]), ...running()),
      ShapeError,
      'batchRenorm: expected runningMean of shape [4], got [3]; input [2, 4]',
    )
    throws(
      () => F.batchRenorm(zeros([1, 3]), ...running(), { training: true }),
      ShapeError,
      'batchRenorm: expected more than 1 value per channel when training, got input [1, 3]; ' +
        'use a larger batch, or eval() to normalise with the running statistics',
    )
    throws(
      () => new nn.BatchRenorm2d(3).forward(zeros([2, 3])),
      ShapeError,
      'BatchRenorm2d: expected input [N, C, H, W], got 2 dimensions; input [2, 3]',
    )
  })
  it('name numbers out of range and options', () => {
    const train = (options: object) => () => F.batchRenorm(zeros([2, 3]), ...running(), { training: true, ...options })
    throws(train({ rMax: 0.5 }), RangeError, 'batchRenorm: expected rMax to be at least 1, got 0.5')
    throws(train({ dMax: -1 }), RangeError, 'batchRenorm: expected dMax to be a finite number of at least 0, got -1')
    throws(train({ eps: -1 }), RangeError, 'batchRenorm: expected eps to be a finite number of at least 0, got -1')
    throws(train({ momentum: Number.NaN }), RangeError, 'batchRenorm: expected momentum to be a finite number, got NaN')
    throws(
      train({ limit: 1 }),
      RangeError,
      'batchRenorm: expected options weight, bias, training, momentum, eps, rMax, dMax, got "limit"',
    )
    throws(
      () => new nn.BatchRenorm2d(3, { trackRunningStats: false } as never),
      RangeError,
      'BatchRenorm2d: expected options eps, momentum, affine, rMax, dMax, got "trackRunningStats"',
    )
  })
})
