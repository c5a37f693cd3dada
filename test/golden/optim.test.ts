import { describe, expect, it } from 'vitest'
import { optim, type Tensor, zeros } from '../../lib/index.ts'
import { expectClose, expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { expectTensor, toTensor } from '../support/golden_op.ts'

type Args = Record<string, unknown>

/** PyTorch's hyper-parameters under our names. */
function ours({ weight_decay, steps, param_groups, lr_scheduler, ...rest }: Args): Args {
  return { ...rest, ...(weight_decay !== undefined && { weightDecay: weight_decay }) }
}

const optimizers = { SGD: optim.SGD, Adam: optim.Adam, AdamW: optim.AdamW }

function optimizerFor(name: keyof typeof optimizers, args: Args, params: Tensor[]): optim.Optimizer {
  const groups = (args.param_groups as Args[] | undefined)?.map((group) => ({
    ...ours(group),
    params: (group.params as number[]).map((i) => params[i]),
  }))
  return new optimizers[name]((groups ?? params) as Tensor[], ours(args) as { lr: number })
}

function schedulerFor(optimizer: optim.Optimizer, args: Args): optim.LRScheduler {
  if (args.scheduler === 'StepLR') {
    return new optim.StepLR(optimizer, args.step_size as number, { gamma: args.gamma as number })
  }
  expect(args.scheduler).toBe('CosineAnnealingLR')
  return new optim.CosineAnnealingLR(optimizer, args.T_max as number, { etaMin: args.eta_min as number })
}

/** The tensors `param0`, `param1`, ... or `grad0`, ... of a case. */
const numbered = ({ inputs }: GoldenCase, name: string): string[] =>
  Object.keys(inputs).filter((key) => key.startsWith(name))

function runCase(golden: GoldenCase, optimizer: optim.Optimizer, params: Tensor[]): void {
  const schedule = golden.args.lr_scheduler as Args | undefined
  const scheduler = schedule && schedulerFor(optimizer, schedule)
  const history: number[][] = params.map(() => [])
  const rates: number[] = []
  for (let step = 0; step < (golden.args.steps as number); step++) {
    params.forEach((param, i) => {
      const grads = floats(golden.inputs[`grad${i}`])!
      const data = grads.slice(step * param.size, (step + 1) * param.size)
      param.grad = toTensor({ shape: [...param.shape], data })
    })
    rates.push(optimizer.paramGroups[0].lr)
    optimizer.step()
    scheduler?.step()
    params.forEach((param, i) => {
      history[i].push(...(param.toTypedArray() as Float32Array))
    })
  }
  params.forEach((_, i) => {
    expectGolden(golden, `param${i}`, history[i])
  })
  if (golden.outputs.lr) expectGolden(golden, 'lr', rates)
}

for (const name of Object.keys(optimizers) as (keyof typeof optimizers)[]) {
  describe(name, () => {
    for (const golden of goldenCases(name)) {
      it(golden.name, () => {
        const params = numbered(golden, 'param').map((key) => toTensor(golden.inputs[key], true))
        runCase(golden, optimizerFor(name, golden.args, params), params)
      })
    }
  })
}

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
