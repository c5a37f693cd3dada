import { describe, expect, it } from 'vitest'
import { backendInfo, optim, type Tensor, zeros } from '../../lib/index.ts'
import { expectClose, expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { expectTensor, toTensor } from '../support/golden_op.ts'
import { describeOptimizers, numbered } from '../support/golden_optim.ts'
import { plateauFor, schedulerFor } from '../support/golden_scheduler.ts'

it('runs on the native backend', () => {
  expect(backendInfo().backend).toBe('native')
})

describeOptimizers()

describe('schedules', () => {
  const cases = goldenCases('lr_scheduler')
  it('are twelve', () => {
    expect(cases).toHaveLength(12)
    expect(cases.every(({ tolerance }) => tolerance.rtol === 1e-6)).toBe(true)
  })

  for (const golden of cases) {
    it(golden.name, () => {
      const { lr, steps, scheduler: name } = golden.args as { lr: number; steps: number; scheduler: string }
      const optimizer = new optim.SGD([zeros([1], { requiresGrad: true })], { lr })
      const [group] = optimizer.paramGroups
      const rates: number[] = []
      const momenta: number[] = []
      if (name === 'ReduceLROnPlateau') {
        const scheduler = plateauFor(optimizer, golden.args)
        for (const metric of floats(golden.inputs.metrics)!) {
          optimizer.step()
          scheduler.step(metric)
          rates.push(group.lr)
        }
      } else {
        const scheduler = schedulerFor(optimizer, golden.args)
        for (let step = 0; step < steps; step++) {
          rates.push(group.lr)
          momenta.push(group.momentum)
          optimizer.step()
          // A cycle has no step behind its last.
          if (step + 1 < steps) scheduler.step()
        }
      }
      expectGolden(golden, 'lr', rates)
      if (golden.outputs.momentum) expectGolden(golden, 'momentum', momenta)
    })
  }
})

describe('clipping', () => {
  /** Parameters that hold the case's gradients. */
  const paramsOf = (golden: GoldenCase): Tensor[] =>
    numbered(golden, 'grad').map((key) => {
      const param = zeros([...golden.inputs[key].shape], { requiresGrad: true })
      param.grad = toTensor(golden.inputs[key])
      return param
    })
  const expectClipped = (golden: GoldenCase, params: Tensor[]): void => {
    params.forEach((param, i) => {
      expectTensor(golden, `grad${i}`, param.grad)
    })
  }

  for (const golden of goldenCases('clip_grad_norm_')) {
    it(golden.name, () => {
      const params = paramsOf(golden)
      const normType = golden.args.norm_type === 'inf' ? Infinity : (golden.args.norm_type as number)
      const norm = optim.clipGradNorm(params, golden.args.max_norm as number, { normType })
      expectClose([norm], floats(golden.outputs.total_norm)!, golden.tolerance, 'total norm')
      expectClipped(golden, params)
    })
  }
  for (const golden of goldenCases('clip_grad_value_')) {
    it(golden.name, () => {
      const params = paramsOf(golden)
      optim.clipGradValue(params, golden.args.clip_value as number)
      expectClipped(golden, params)
    })
  }
})
