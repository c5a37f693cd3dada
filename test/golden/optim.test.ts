import { describe, expect, it } from 'vitest'
import { backendInfo, optim, type Tensor, zeros } from '../../lib/index.ts'
import { expectClose, expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { expectTensor, toTensor } from '../support/golden_op.ts'
import { describeOptimizers, numbered } from '../support/golden_optim.ts'
import { schedulerFor } from '../support/golden_scheduler.ts'

it('runs on the native backend', () => {
  expect(backendInfo().backend).toBe('native')
})

describeOptimizers()

describe('schedules', () => {
  const known = ({ args }: GoldenCase): boolean => ['StepLR', 'CosineAnnealingLR'].includes(args.scheduler as string)
  for (const golden of goldenCases('lr_scheduler', known)) {
    it(golden.name, () => {
      const optimizer = new optim.SGD([zeros([1], { requiresGrad: true })], { lr: golden.args.lr as number })
      const scheduler = schedulerFor(optimizer, golden.args)
      const rates = Array.from({ length: golden.args.steps as number }, () => {
        const rate = optimizer.paramGroups[0].lr
        optimizer.step()
        scheduler.step()
        return rate
      })
      expectGolden(golden, 'lr', rates)
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
