import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const labels = (values: number[]) => tensor(values, { dtype: 'int64' })
const reductions = ['none', 'mean', 'sum'] as const

describe('nllLoss', () => {
  it('with logSoftmax is the cross entropy', () => {
    const x = randn([4, 3, 2])
    const target = labels([0, 1, 2, -100, 1, 1, 0, 2]).reshape([4, 2])
    for (const reduction of reductions) {
      const options = { weight: tensor([1, 2, 3]), reduction }
      const got = F.nllLoss(F.logSoftmax(x, 1), target, options)
      expect(got.allclose(F.crossEntropy(x, target, options), { atol: 1e-5 })).toBe(true)
    }
    expect(F.nllLoss(tensor([-1, -2]), tensor(1n)).item()).toBe(2)
  })
  it.each(reductions)('differentiates, reduced by %s', (reduction) => {
    const target = labels([0, 2, -100, 1])
    checkGrads(
      (x) => F.nllLoss(x, target, { weight: tensor([1, 2, 3]), reduction }),
      [randn([4, 3], { requiresGrad: true })],
    )
    const map = labels([0, 1, 1, 0]).reshape([1, 2, 2])
    checkGrads((x) => F.nllLoss(x, map, { reduction }), [randn([1, 2, 2, 2], { requiresGrad: true })])
  })
  it('of no rows is NaN, 0 or nothing, and ignored rows have no gradient', () => {
    const run = (reduction: (typeof reductions)[number]) => F.nllLoss(zeros([0, 3]), labels([]), { reduction })
    expect([run('mean').item(), run('sum').item(), run('none').shape]).toEqual([Number.NaN, 0, [0]])
    const x = zeros([0, 3], { requiresGrad: true })
    F.nllLoss(x, labels([]), { reduction: 'sum' }).backward()
    expect(x.grad?.shape).toEqual([0, 3])
    const y = randn([2, 3], { requiresGrad: true })
    F.nllLoss(y, labels([-100, 2]), { weight: tensor([1, 1, 4]), reduction: 'sum' }).backward()
    expect(y.grad?.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, -4],
    ])
    expect(F.nllLoss(y, labels([-100, -100])).item()).toBeNaN()
  })
  it('refuses classes that do not exist', () => {
    throws(
      () => F.nllLoss(zeros([1, 3]), labels([-1])),
      RangeError,
      'nllLoss: expected target indices from 0 to 2 or ignoreIndex -100, got -1 at position 0; input [1, 3], target [1]',
    )
  })
})

const huber = (d: number, delta: number) => (Math.abs(d) < delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2))
type Run = (x: Tensor, y: Tensor, options?: { reduction?: 'none' | 'mean' | 'sum' }) => Tensor

describe.each([
  ['mseLoss', F.mseLoss, (d: number) => d * d],
  ['l1Loss', F.l1Loss, Math.abs],
  ['smoothL1Loss', F.smoothL1Loss, (d: number) => huber(d, 1)],
  ['smoothL1Loss', (x, y, o) => F.smoothL1Loss(x, y, { beta: 0.4, ...o }), (d: number) => huber(d, 0.4) / 0.4],
  ['smoothL1Loss', (x, y, o) => F.smoothL1Loss(x, y, { beta: 0, ...o }), Math.abs],
  ['huberLoss', F.huberLoss, (d: number) => huber(d, 1)],
  ['huberLoss', (x, y, o) => F.huberLoss(x, y, { delta: 0.4, ...o }), (d: number) => huber(d, 0.4)],
] as [string, Run, (d: number) => number][])('%s', (op, run, plain) => {
  const input = [1, -2, 0.5]
  const target = [0, 1, 0.25]
  it.each(reductions)('follows the formula, reduced by %s', (reduction) => {
    const losses = input.map((value, i) => plain(value - target[i]))
    const sum = losses.reduce((total, value) => total + value, 0)
    const want = { none: losses, sum: [sum], mean: [sum / 3] }[reduction]
    const output = run(tensor(input), tensor(target), { reduction })
    expect([...output.toTypedArray()]).toEqual(want.map((value) => expect.closeTo(value, 5)))
    // Away from the corners of absolute values.
    const [x, y] = [tensor([1.3, -2, 0.5]), tensor([0, 1, 0.25])]
    checkGrads((a, b) => run(a, b, { reduction }), [x.requiresGrad_(), y.requiresGrad_()])
  })
  it('takes tensors in different orders in memory', () => {
    const [x, y] = [randn([2, 3, 4, 5]), randn([2, 3, 4, 5])]
    const last = y.contiguous({ memoryFormat: 'channelsLast' })
    const [a, b] = [run(x, y, { reduction: 'none' }), run(x, last, { reduction: 'none' })]
    expect([a.shape, a.equal(b)]).toEqual([x.shape, true])
  })
  it('of nothing is NaN, 0 or nothing', () => {
    const x = zeros([0, 2], { requiresGrad: true })
    const losses = reductions.map((reduction) => run(x, zeros([0, 2]), { reduction }))
    expect([losses[0].shape, losses[1].item(), losses[2].item()]).toEqual([[0, 2], Number.NaN, 0])
    losses[2].backward()
    expect(x.grad?.shape).toEqual([0, 2])
  })
  it('refuses unequal shapes, which broadcasting would hide', () => {
    throws(() => run(zeros([3, 1]), zeros([3])), ShapeError, `${op}: expected equal shapes; input [3, 1], target [3]`)
    throws(
      () => run(zeros([1]), zeros([1]), { reduction: 'max' as never }),
      RangeError,
      `${op}: expected reduction to be one of "none", "mean", "sum", got "max"`,
    )
  })
})

it('smoothL1Loss and huberLoss refuse borders out of range', () => {
  const x = zeros([1])
  throws(
    () => F.smoothL1Loss(x, x, { beta: -1 }),
    RangeError,
    'smoothL1Loss: expected beta to be a finite number of at least 0, got -1',
  )
  throws(() => F.huberLoss(x, x, { delta: 0 }), RangeError, 'huberLoss: expected delta above 0, got 0')
  throws(
    () => F.huberLoss(x, x, { delta: Number.NaN }),
    RangeError,
    'huberLoss: expected delta to be a finite number, got NaN',
  )
})
