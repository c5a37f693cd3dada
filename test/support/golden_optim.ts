import { describe, it } from 'vitest'
import type { optim, Tensor } from '../../lib/index.ts'
import { expectGolden, floats, type GoldenCase, goldenCases } from './golden.ts'
import { toTensor } from './golden_op.ts'
import { type Args, schedulerFor } from './golden_scheduler.ts'
import { optimizers } from './optimizers.ts'

// PyTorch's hyper-parameters under our names.
const NAMES: Record<string, string> = {
  weight_decay: 'weightDecay',
  lr_decay: 'lrDecay',
  initial_accumulator_value: 'initialAccumulatorValue',
}

function ours({ steps, param_groups, lr_scheduler, ...rest }: Args): Args {
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [NAMES[name] ?? name, value]))
}

function optimizerFor(name: keyof typeof optimizers, args: Args, params: Tensor[]): optim.Optimizer {
  const groups = (args.param_groups as Args[] | undefined)?.map((group) => ({
    ...ours(group),
    params: (group.params as number[]).map((i) => params[i]),
  }))
  return new optimizers[name]((groups ?? params) as Tensor[], ours(args) as { lr: number })
}

/** The tensors `param0`, `param1`, ... or `grad0`, ... of a case. */
export const numbered = ({ inputs }: GoldenCase, name: string): string[] =>
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

/** One test for each golden case of every optimizer, on the backend in use. */
export function describeOptimizers(): void {
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
}
