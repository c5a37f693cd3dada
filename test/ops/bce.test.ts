import { describe, expect, it } from 'vitest'
import { functional as F, nn, RangeError, randn, ShapeError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const reductions = ['none', 'mean', 'sum'] as const
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const plain = (p: number, t: number) => -t * Math.log(p) - (1 - t) * Math.log(1 - p)
const scores = [-3, -0.5, 0.2, 1.4, 2.5, -1]
const targets = [0, 1, 0.3, 1, 0, 0.9]
const shape = [2, 3]

/** Losses reduced in float64. */
function reduced(losses: number[], reduction: (typeof reductions)[number]): number[] {
  const sum = losses.reduce((total, value) => total + value, 0)
  return { none: losses, sum: [sum], mean: [sum / losses.length] }[reduction]
}
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5))

describe('bceWithLogits', () => {
  it.each(reductions)('follows the formula with weights of any shape, reduced by %s', (reduction) => {
    const sets: [number[] | undefined, number[] | undefined][] = [
      [undefined, undefined],
      [[2], undefined],
      [undefined, [3, 1, 0.5]],
      [
        [1, 2, 0.5],
        [3, 1, 0.5],
      ],
    ]
    for (const [w, p] of sets) {
      const want = scores.map((x, i) => {
        const [weight, pos] = [w?.[i % w.length] ?? 1, p?.[i % 3] ?? 1]
        const t = targets[i]
        return -weight * (pos * t * Math.log(sigmoid(x)) + (1 - t) * Math.log(1 - sigmoid(x)))
      })
      const options = { weight: w ? tensor(w) : null, posWeight: p ? tensor(p) : null, reduction }
      const run = (x: Tensor, t: Tensor) => F.bceWithLogits(x, t, options)
      const [x, t] = [tensor(scores, { shape }), tensor(targets, { shape })]
      expect([...run(x, t).toTypedArray()]).toEqual(close(reduced(want, reduction)))
      checkGrads(run, [x.requiresGrad_(), t.requiresGrad_()])
    }
  })
  it('lays weights along the memory of images, whatever their order', () => {
    const [x, t] = [randn([2, 3, 2, 4]), randn([2, 3, 2, 4]).sigmoid()]
    const last = x.contiguous({ memoryFormat: 'channelsLast' })
    const weights = [
      randn([3, 1, 1]),
      randn([2, 1, 1, 1]),
      randn([4]),
      randn([2, 3, 2, 4]),
      randn([2, 1, 2, 1]),
      tensor(2),
    ]
    for (const weight of weights) {
      const unit = F.bceWithLogits(x, t, { reduction: 'none' })
      for (const image of [x, last]) {
        const got = F.bceWithLogits(image, t, { weight, reduction: 'none' })
        expect(got.allclose(unit.mul(weight), { rtol: 1e-5 })).toBe(true)
        const both = F.bceWithLogits(image, t, { weight, posWeight: tensor([2]).expand([2, 3, 2, 4]) })
        const want = F.bceWithLogits(image, t, { weight, posWeight: tensor(2) })
        expect(both.allclose(want, { rtol: 1e-5 })).toBe(true)
      }
    }
  })
  it('neither overflows nor loses digits at large scores', () => {
    const losses = (x: number[], t: number[]) =>
      F.bceWithLogits(tensor(x), tensor(t), { reduction: 'none' }).toTypedArray()
    expect([...losses([1e4, -1e4, 1e4, -1e4], [0, 1, 1, 0])]).toEqual([1e4, 1e4, 0, 0])
    expect(Number(losses([-20], [0])[0]) / Math.exp(-20)).toBeCloseTo(1, 5)
    expect([...losses([-Infinity, Infinity, Number.NaN], [1, 0, 1])]).toEqual([Infinity, Infinity, Number.NaN])
    const x = tensor([1e4, -1e4, 30, -30], { requiresGrad: true })
    F.bceWithLogits(x, tensor([0, 1, 1, 0]), { reduction: 'sum' }).backward()
    const grads = x.grad?.toTypedArray() as Float32Array
    expect([...grads.slice(0, 2)]).toEqual([1, -1])
    expect([grads[2] / -Math.exp(-30), grads[3] / Math.exp(-30)]).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)])
  })
  it('refuses weights that do not broadcast', () => {
    const x = zeros([2, 3])
    throws(
      () => F.bceWithLogits(x, x, { posWeight: zeros([2]) }),
      ShapeError,
      'bceWithLogits: expected a posWeight that broadcasts to the input; posWeight [2], input [2, 3]',
    )
    throws(
      () => F.bceWithLogits(x, x, { weight: zeros([1, 2, 3]) }),
      ShapeError,
      'bceWithLogits: expected a weight that broadcasts to the input; weight [1, 2, 3], input [2, 3]',
    )
    throws(
      () => F.bceWithLogits(x, zeros([3])),
      ShapeError,
      'bceWithLogits: expected equal shapes; input [2, 3], target [3]',
    )
  })
})

describe('bce', () => {
  const probabilities = [0.1, 0.3, 0.5, 0.7, 0.9, 0.95]
  it.each(reductions)('follows the formula, reduced by %s', (reduction) => {
    for (const w of [undefined, [1, 2, 0.5]]) {
      const want = probabilities.map((p, i) => (w?.[i % 3] ?? 1) * plain(p, targets[i]))
      const run = (x: Tensor, t: Tensor) => F.bce(x, t, { weight: w ? tensor(w) : null, reduction })
      const [x, t] = [tensor(probabilities, { shape }), tensor(targets, { shape })]
      expect([...run(x, t).toTypedArray()]).toEqual(close(reduced(want, reduction)))
    }
    const x = tensor([0.2, 0.4, 0.6, 0.8], { requiresGrad: true })
    checkGrads((y, t) => F.bce(y, t, { reduction }), [x, tensor([0, 1, 0.3, 0.9], { requiresGrad: true })], 2e-2)
  })
  it('costs at most 100 for a certain mistake, and nothing for certainty', () => {
    const run = (p: number[], t: number[]) => F.bce(tensor(p), tensor(t), { reduction: 'none' }).toArray() as number[]
    expect(run([0, 1, 0, 1], [1, 0, 0, 1]).map((loss) => loss + 0)).toEqual([100, 100, 0, 0])
  })
  it('refuses what is no probability', () => {
    const tail = 'input [2]; bceWithLogits takes scores'
    for (const reduction of reductions) {
      const run = (p: number[]) => () => F.bce(tensor(p), tensor([0, 1]), { reduction })
      throws(run([0.5, 1.5]), RangeError, `bce: expected inputs between 0 and 1, got 1.5; ${tail}`)
      throws(run([-0.5, 0.5]), RangeError, `bce: expected inputs between 0 and 1, got -0.5; ${tail}`)
      throws(run([0.5, Number.NaN]), RangeError, `bce: expected inputs between 0 and 1, got NaN; ${tail}`)
    }
    // NaN in the target alone is no mistake of the input.
    expect(F.bce(tensor([0.5]), tensor([Number.NaN])).item()).toBeNaN()
    expect(F.bce(zeros([0]), zeros([0]), { reduction: 'sum' }).item()).toBe(0)
  })
})

describe('klDiv', () => {
  const p = [0.2, 0.3, 0.5, 0, 0.9, 0.1]
  const log = [-1, -2, -0.5, -3, -0.1, -2.5]
  it.each([...reductions, 'batchmean'] as const)('follows the formula, reduced by %s', (reduction) => {
    const want = p.map((t, i) => (t === 0 ? 0 : t * (Math.log(t) - log[i])))
    const sum = want.reduce((total, value) => total + value, 0)
    const all = reduction === 'batchmean' ? [sum / 2] : reduced(want, reduction)
    const x = tensor(log, { shape })
    expect([...F.klDiv(x, tensor(p, { shape }), { reduction }).toTypedArray()]).toEqual(close(all))
    const positive = tensor(
      p.map((t) => t + 0.05),
      { shape },
    )
    const logs = F.klDiv(x, positive.log(), { reduction, logTarget: true })
    expect(logs.allclose(F.klDiv(x, positive, { reduction }), { atol: 1e-6 })).toBe(true)
    checkGrads(
      (a, b) => F.klDiv(a, b, { reduction, logTarget: true }),
      [
        tensor(log, { shape, requiresGrad: true }),
        tensor([-1, -0.2, -2, -0.7, -1.5, -0.4], { shape, requiresGrad: true }),
      ],
    )
    const target = tensor([0.2, 0.3, 0.5, 0.4, 0.9, 0.6], { shape, requiresGrad: true })
    checkGrads((a, b) => F.klDiv(a, b, { reduction }), [tensor(log, { shape, requiresGrad: true }), target])
  })
  it('names its reductions', () => {
    throws(
      () => F.klDiv(zeros([1]), zeros([1]), { reduction: 'avg' as never }),
      RangeError,
      'klDiv: expected reduction to be one of "none", "batchmean", "mean", "sum", got "avg"',
    )
  })
})

describe('layers', () => {
  it('compute their functions', () => {
    const [x, t] = [tensor(scores, { shape }), tensor(targets, { shape })]
    const [weight, posWeight] = [tensor([1, 2, 3]), tensor([0.5, 1, 2])]
    const pairs: [Tensor, Tensor][] = [
      [new nn.SmoothL1Loss({ beta: 0.5 }).forward(x, t), F.smoothL1Loss(x, t, { beta: 0.5 })],
      [
        new nn.HuberLoss({ delta: 0.5, reduction: 'sum' }).forward(x, t),
        F.huberLoss(x, t, { delta: 0.5, reduction: 'sum' }),
      ],
      [new nn.BCELoss({ weight }).forward(x.sigmoid(), t), F.bce(x.sigmoid(), t, { weight })],
      [new nn.BCEWithLogitsLoss({ weight, posWeight }).forward(x, t), F.bceWithLogits(x, t, { weight, posWeight })],
      [new nn.KLDivLoss({ reduction: 'batchmean' }).forward(x, t), F.klDiv(x, t, { reduction: 'batchmean' })],
      [new nn.KLDivLoss({ logTarget: true }).forward(x, x), F.klDiv(x, x, { logTarget: true })],
    ]
    for (const [got, want] of pairs) expect(got.equal(want)).toBe(true)
    expect(Object.keys(new nn.BCEWithLogitsLoss({ posWeight }).stateDict())).toEqual(['pos_weight'])
    expect(Object.keys(new nn.BCELoss({ weight }).stateDict())).toEqual(['weight'])
  })
  it('refuse settings out of range when they are made', () => {
    const wrong = { reduction: 'avg' as never }
    const list = 'to be one of "none", "mean", "sum", got "avg"'
    throws(() => new nn.SmoothL1Loss(wrong), RangeError, `SmoothL1Loss: expected reduction ${list}`)
    throws(() => new nn.HuberLoss(wrong), RangeError, `HuberLoss: expected reduction ${list}`)
    throws(() => new nn.BCELoss(wrong), RangeError, `BCELoss: expected reduction ${list}`)
    throws(() => new nn.BCEWithLogitsLoss(wrong), RangeError, `BCEWithLogitsLoss: expected reduction ${list}`)
    throws(
      () => new nn.KLDivLoss(wrong),
      RangeError,
      'KLDivLoss: expected reduction to be one of "none", "batchmean", "mean", "sum", got "avg"',
    )
    throws(
      () => new nn.SmoothL1Loss({ beta: -1 }),
      RangeError,
      'SmoothL1Loss: expected beta to be a finite number of at least 0, got -1',
    )
    throws(() => new nn.HuberLoss({ delta: 0 }), RangeError, 'HuberLoss: expected delta above 0, got 0')
  })
})
