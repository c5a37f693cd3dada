import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const labels = (values: number[], dtype: 'int32' | 'int64' | 'uint8' = 'int32') => tensor(values, { dtype })
const reductions = ['none', 'mean', 'sum'] as const

/** Cross entropy from its formula, one loss per row, and the weight of each row's class. */
function plain(logits: Tensor, classes: number[], smoothing = 0, weights?: number[]) {
  const rows = logits.toArray() as number[][]
  return rows.map((row, r) => {
    const lse = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
    const scale = (k: number) => weights?.[k] ?? 1
    const own = (1 - smoothing) * scale(classes[r]) * (lse - row[classes[r]])
    const spread = row.reduce((sum, value, k) => sum + scale(k) * (lse - value), 0)
    return { loss: own + (smoothing / row.length) * spread, weight: scale(classes[r]) }
  })
}

describe('crossEntropy of class indices', () => {
  const logits = randn([4, 3])
  const classes = [2, 0, 1, 1]
  it.each(reductions)('follows the formula, reduced by %s', (reduction) => {
    for (const [smoothing, weights] of [
      [0, undefined],
      [0.2, undefined],
      [0.1, [0.5, 2, 1]],
    ] as const) {
      const rows = plain(logits, classes, smoothing, weights as number[] | undefined)
      const weight = weights === undefined ? null : tensor([...weights])
      const output = F.crossEntropy(logits, labels(classes), { labelSmoothing: smoothing, weight, reduction })
      const total = rows.reduce((sum, row) => sum + row.loss, 0)
      const want = {
        none: rows.map(({ loss }) => loss),
        sum: [total],
        mean: [total / rows.reduce((sum, row) => sum + row.weight, 0)],
      }
      expect([...output.toTypedArray()]).toEqual(want[reduction].map((value) => expect.closeTo(value, 4)))
    }
  })
  it('takes every integer type', () => {
    const want = F.crossEntropy(logits, labels(classes)).item()
    for (const dtype of ['int64', 'uint8'] as const)
      expect(F.crossEntropy(logits, labels(classes, dtype)).item()).toBe(want)
  })
  it('leaves ignored rows out, gradient included', () => {
    const x = randn([3, 4], { requiresGrad: true })
    const some = F.crossEntropy(x, labels([1, -100, 3]))
    const want = F.crossEntropy(x.indexSelect(0, labels([0, 2])), labels([1, 3]))
    expect(some.item()).toBeCloseTo(Number(want.item()), 5)
    some.backward()
    expect(x.grad?.select(0, 1).toArray()).toEqual([0, 0, 0, 0])
    expect(F.crossEntropy(x, labels([1, 0, 3]), { ignoreIndex: 0, reduction: 'none' }).toArray()).toMatchObject({
      1: 0,
    })
    expect(F.crossEntropy(x, labels([-100, -100, -100])).item()).toBeNaN()
  })
  it('takes images, in any order in memory, and a single row', () => {
    const image = randn([2, 3, 2, 2])
    const target = labels([0, 1, 2, 0, 1, 1, 2, 2]).reshape([2, 2, 2])
    const rows = image.permute([0, 2, 3, 1]).reshape([8, 3])
    const want = F.crossEntropy(rows, target.reshape([8]), { reduction: 'none' })
    for (const x of [image, image.contiguous({ memoryFormat: 'channelsLast' })]) {
      const output = F.crossEntropy(x, target, { reduction: 'none' })
      expect([output.shape, output.reshape([8]).allclose(want, { atol: 1e-5 })]).toEqual([[2, 2, 2], true])
    }
    const one = F.crossEntropy(image.select(0, 0).select(1, 0).select(1, 0), tensor(1, { dtype: 'int32' }))
    expect([one.shape, Number.isFinite(one.item() as number)]).toEqual([[], true])
  })
  it.each(reductions)('differentiates, reduced by %s', (reduction) => {
    const weight = tensor([0.5, 2, 1])
    const run = (x: Tensor) => F.crossEntropy(x, labels([2, 0, -100, 1]), { weight, labelSmoothing: 0.1, reduction })
    checkGrads(run, [randn([4, 3], { requiresGrad: true })])
  })
  it('differentiates images', () => {
    const target = labels([0, 1, 1, 0]).reshape([1, 2, 2])
    checkGrads((x) => F.crossEntropy(x, target), [randn([1, 2, 2, 2], { requiresGrad: true })])
  })
  it('of no rows is NaN, 0 or nothing', () => {
    const none = labels([])
    const run = (reduction: (typeof reductions)[number]) => F.crossEntropy(zeros([0, 3]), none, { reduction })
    expect([run('mean').item(), run('sum').item(), run('none').shape]).toEqual([Number.NaN, 0, [0]])
    const x = zeros([0, 3], { requiresGrad: true })
    F.crossEntropy(x, none, { reduction: 'sum' }).backward()
    expect(x.grad?.shape).toEqual([0, 3])
  })
})

describe('hard logits', () => {
  const grad = (rows: number[][], target: Tensor, options = {}) => {
    const x = tensor(rows, { requiresGrad: true })
    const loss = F.crossEntropy(x, target, options)
    loss.backward()
    return { loss: loss.item(), grad: x.grad?.toArray() as number[][] }
  }
  it('of ten thousand neither overflow nor lose digits', () => {
    const right = grad([[1e4, -1e4, 0]], labels([0]))
    expect(right).toEqual({ loss: 0, grad: [[0, 0, 0]] })
    const wrong = grad([[1e4, -1e4, 0]], labels([1]))
    expect(wrong).toEqual({ loss: 2e4, grad: [[1, -1, 0]] })
    // 1 apart, far from 0: the softmax of 0 and 1.
    const near = grad([[1e4, 1e4 + 1]], labels([0]))
    const share = Math.E / (1 + Math.E)
    expect(near.loss).toBeCloseTo(Math.log(1 + Math.E), 5)
    expect(near.grad[0]).toEqual([expect.closeTo(-share, 6), expect.closeTo(share, 6)])
    const soft = grad([[1e4, 1e4 + 1]], tensor([[1, 0]]))
    expect(soft.loss).toBeCloseTo(Math.log(1 + Math.E), 5)
    expect(soft.grad[0]).toEqual([expect.closeTo(-share, 6), expect.closeTo(share, 6)])
  })
  it('of -Infinity are classes that cannot be', () => {
    const possible = grad([[-Infinity, 0, 0]], labels([1]))
    expect(possible.loss).toBeCloseTo(Math.log(2), 6)
    expect(possible.grad[0]).toEqual([0, -0.5, 0.5])
    expect(grad([[-Infinity, 0, 0]], labels([0])).loss).toBe(Infinity)
    expect(grad([[-Infinity, 0, 0]], labels([1]), { labelSmoothing: 0.1 }).loss).toBe(Infinity)
    expect(grad([[-Infinity, -Infinity]], labels([1])).loss).toBeNaN()
  })
  it('of NaN or Infinity give NaN, in their row alone', () => {
    for (const value of [Number.NaN, Infinity]) {
      const x = tensor([
        [value, 0],
        [1, 1],
      ])
      const losses = F.crossEntropy(x, labels([1, 0]), { reduction: 'none' }).toArray()
      expect(losses).toEqual([Number.NaN, expect.closeTo(Math.log(2), 6)])
    }
  })
})

describe('crossEntropy of probabilities', () => {
  it('agrees with class indices for certain targets', () => {
    const x = randn([3, 4])
    const certain = tensor([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ])
    for (const reduction of reductions) {
      const options = { reduction, labelSmoothing: 0.1 }
      const want = F.crossEntropy(x, labels([1, 0, 3]), options)
      expect(F.crossEntropy(x, certain, options).allclose(want, { atol: 1e-5 })).toBe(true)
    }
  })
  it('differentiates both arguments, with weights, images and smoothing', () => {
    const target = F.softmax(randn([2, 3, 2]), 1)
      .detach()
      .requiresGrad_()
    const options = { weight: tensor([1, 2, 0.5]), labelSmoothing: 0.2 }
    checkGrads((x, t) => F.crossEntropy(x, t, options), [randn([2, 3, 2], { requiresGrad: true }), target])
    checkGrads((x) => F.crossEntropy(x, tensor([0.3, 0.7])), [randn([2], { requiresGrad: true })])
  })
  it('refuses another shape', () => {
    throws(
      () => F.crossEntropy(zeros([2, 3]), zeros([2])),
      ShapeError,
      'crossEntropy: expected probabilities shaped like the input, or class indices as integers; input [2, 3], target [2]',
    )
  })
})

describe('errors', () => {
  it('name a class that does not exist before anything is computed', () => {
    throws(
      () => F.crossEntropy(zeros([2, 3]), labels([0, 3])),
      RangeError,
      'crossEntropy: expected target indices from 0 to 2 or ignoreIndex -100, got 3 at position 1; input [2, 3], target [2]',
    )
    throws(
      () => F.crossEntropy(zeros([1, 3]), tensor([2n ** 32n])),
      RangeError,
      'crossEntropy: expected target indices from 0 to 2 or ignoreIndex -100, got 4294967296 at position 0; input [1, 3], target [1]',
    )
  })
  it('name shapes that do not fit', () => {
    throws(
      () => F.crossEntropy(zeros([2, 3]), labels([0, 1, 2])),
      ShapeError,
      'crossEntropy: expected target of shape [2]; input [2, 3], target [3]',
    )
    throws(
      () => F.crossEntropy(tensor(1), tensor(0, { dtype: 'int32' })),
      ShapeError,
      'crossEntropy: expected input [N, C, ...] or [C], got a single number; input []',
    )
    throws(
      () => F.crossEntropy(zeros([2, 3]), labels([0, 1]), { weight: zeros([2]) }),
      ShapeError,
      'crossEntropy: expected a float32 weight of shape [3], got float32; weight [2], input [2, 3]',
    )
  })
  it('name options out of range', () => {
    const run = (options: object) => () => F.crossEntropy(zeros([1, 3]), labels([0]), options)
    throws(
      run({ reduction: 'avg' }),
      RangeError,
      'crossEntropy: expected reduction to be one of "none", "mean", "sum", got "avg"',
    )
    throws(
      run({ labelSmoothing: 2 }),
      RangeError,
      'crossEntropy: expected labelSmoothing to lie between 0 and 1, got 2',
    )
    throws(run({ ignoreIndex: 0.5 }), RangeError, 'crossEntropy: expected ignoreIndex to be a 32-bit integer, got 0.5')
  })
  it('name element types', () => {
    throws(
      () => F.nllLoss(zeros([1, 3]), zeros([1])),
      DTypeError,
      'nllLoss: expected class indices as int32, int64 or uint8, got float32',
    )
  })
})
