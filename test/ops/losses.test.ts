import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
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
  it('refuses classes that do not exist', () => {
    throws(
      () => F.nllLoss(zeros([1, 3]), labels([-1])),
      RangeError,
      'nllLoss: expected target indices from 0 to 2 or ignoreIndex -100, got -1 at position 0; input [1, 3], target [1]',
    )
  })
})

describe.each([
  ['mseLoss', F.mseLoss, (d: number) => d * d],
  ['l1Loss', F.l1Loss, Math.abs],
] as const)('%s', (op, run, plain) => {
  const input = [1, -2, 0.5]
  const target = [0, 1, 0.25]
  it.each(reductions)('follows the formula, reduced by %s', (reduction) => {
    const losses = input.map((value, i) => plain(value - target[i]))
    const sum = losses.reduce((total, value) => total + value, 0)
    const want = { none: losses, sum: [sum], mean: [sum / 3] }[reduction]
    const output = run(tensor(input), tensor(target), { reduction })
    expect([...output.toTypedArray()]).toEqual(want.map((value) => expect.closeTo(value, 5)))
    checkGrads(
      (x, y) => run(x, y, { reduction }),
      [tensor(input, { requiresGrad: true }), tensor(target, { requiresGrad: true })],
    )
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
