import { describe, expect, it } from 'vitest'
import {
  getNumThreads,
  optim,
  RangeError,
  StateError,
  setNumThreads,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
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
  it('takes one parameter, gradients of any order in memory and those that several parameters share', () => {
    const [param] = withGrads([tensor([3, 4])])
    expect(optim.clipGradNorm(param, 1, { normType: Infinity })).toBe(4)
    expect((param.grad as Tensor).toArray()).toEqual([0.75, 1].map((value) => expect.closeTo(value, 5)))
    const whole = tensor([[3, 9, 4, 9]])
    const [spread] = withGrads([whole.slice(1, 0, 4, 2)])
    expect(optim.clipGradNorm([spread], 2.5)).toBe(5)
    expect(whole.toArray()).toEqual([[1.5, 9, 2, 9].map((value) => expect.closeTo(value, 5))])
    const shared = tensor([3, 4])
    expect(optim.clipGradNorm(withGrads([shared, shared]), 100)).toBe(5)
  })
  it('gives the same bits for any number of threads', () => {
    const before = getNumThreads()
    const runs = [1, 2, 3].map((threads) => {
      setNumThreads(threads)
      const [param] = withGrads([tensor(Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i)))])
      return [optim.clipGradNorm(param, 1), ...((param.grad as Tensor).toTypedArray() as Float32Array).slice(-1000)]
    })
    setNumThreads(before)
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).toEqual(runs[0])
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
      () => optim.clipGradNorm([], 1, { type: 2 } as never),
      RangeError,
      'clipGradNorm: expected options normType, errorIfNonfinite, got "type"',
    )
    throws(
      () => optim.clipGradValue([], Number.NaN),
      RangeError,
      'clipGradValue: expected clipValue to be a finite number of at least 0, got NaN',
    )
  })
})
