import { describe, expect, it } from 'vitest'
import { nn, optim, RangeError, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { expectGolden, goldenCases } from '../support/golden.ts'
import { toTensor } from '../support/golden_op.ts'
import { throws } from '../util/throws.ts'

function withGrads(grads: Tensor[]): Tensor[] {
  return grads.map((grad) => {
    const param = zeros(grad.shape, { requiresGrad: true })
    param.grad = grad
    return param
  })
}

describe('against PyTorch', () => {
  for (const golden of [...goldenCases('clip_grad_norm_'), ...goldenCases('clip_grad_value_')]) {
    it(golden.name, () => {
      const keys = Object.keys(golden.inputs).filter((name) => name.startsWith('grad'))
      const params = withGrads(keys.map((name) => toTensor(golden.inputs[name])))
      const { max_norm, norm_type, clip_value } = golden.args as Record<string, number>
      if (clip_value !== undefined) optim.clipGradValue(params, clip_value)
      else {
        const normType = String(norm_type) === 'inf' ? Number.POSITIVE_INFINITY : norm_type
        const norm = optim.clipGradNorm(params, max_norm, { normType })
        expectGolden(golden, 'total_norm', [norm])
      }
      keys.forEach((name, i) => {
        expectGolden(golden, name, (params[i].grad as Tensor).toTypedArray() as Float32Array)
      })
    })
  }
})

describe('clipGradNorm', () => {
  it('leaves parameters without gradient alone', () => {
    const [param] = withGrads([tensor([3, 4])])
    expect(optim.clipGradNorm([param, zeros([1], { requiresGrad: true })], 100)).toBe(5)
    expect([param.grad?.toArray(), optim.clipGradNorm([], 1)]).toEqual([[3, 4], 0])
  })
  it('shows a norm that is not finite in the gradients, or throws', () => {
    const [param] = withGrads([tensor([Number.NaN, 1])])
    throws(
      () => optim.clipGradNorm([param], 1, { errorIfNonfinite: true }),
      StateError,
      'clipGradNorm: expected a finite norm of the gradients, got NaN',
    )
    expect(param.grad?.toArray()).toEqual([Number.NaN, 1])
    expect([optim.clipGradNorm([param], 1), param.grad?.toArray()]).toEqual([Number.NaN, [Number.NaN, Number.NaN]])
  })
  it('refuses limits that are none', () => {
    throws(
      () => optim.clipGradNorm([], -1),
      RangeError,
      'clipGradNorm: expected maxNorm to be a finite number of at least 0, got -1',
    )
    throws(
      () => optim.clipGradNorm([], 1, { normType: 0 }),
      RangeError,
      'clipGradNorm: expected normType above 0, got 0',
    )
    throws(
      () => optim.clipGradValue([], Number.NaN),
      RangeError,
      'clipGradValue: expected clipValue to be a finite number of at least 0, got NaN',
    )
  })
})

describe('decayGroups', () => {
  it('decays weights, and neither biases nor the scales of norms', () => {
    const model = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.LazyLinear(3))
    const [decayed, kept] = optim.decayGroups(model, { weightDecay: 0.1 })
    expect([decayed.params.map(({ ndim }) => ndim), decayed.weightDecay]).toEqual([[4, 2], 0.1])
    expect([kept.params.map(({ shape }) => shape), kept.weightDecay]).toEqual([[[2], [2], [2], [3]], 0])
    expect(optim.decayGroups(new nn.Linear(1, 1, { bias: false }), { weightDecay: 0.1 })).toHaveLength(1)
    throws(
      () => optim.decayGroups(model, { weightDecay: -1 }),
      RangeError,
      'decayGroups: expected weightDecay to be a finite number of at least 0, got -1',
    )
  })
  it('trains a lazy layer that an optimizer took before its first input', () => {
    const model = new nn.Sequential(new nn.Flatten(), new nn.LazyLinear(1))
    const optimizer = new optim.SGD(optim.decayGroups(model, { weightDecay: 0.1 }), { lr: 1, momentum: 0.9 })
    model
      .forward(tensor([[[1, 2]]]))
      .sum()
      .backward()
    const before = [...model.parameters()].map((parameter) => parameter.toTypedArray()[0] as number)
    optimizer.step()
    const after = [...model.parameters()].map((parameter) => parameter.toTypedArray()[0] as number)
    expect(after).toEqual([expect.closeTo(before[0] * 0.9 - 1, 5), expect.closeTo(before[1] - 1, 5)])
  })
})
