import { describe, it } from 'vitest'
import { optim, type Tensor } from '../../lib/index.ts'
import { expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { toTensor } from '../support/golden_op.ts'

/** PyTorch's argument names and ours. */
const names: Record<string, string> = { weight_decay: 'weightDecay' }
const ours = (args: Record<string, unknown>, params?: Tensor[]) => ({
  ...Object.fromEntries(Object.entries(args).map(([name, value]) => [names[name] ?? name, value])),
  ...(params && { params: (args.params as number[]).map((i) => params[i]) }),
})

function optimizerFor(golden: GoldenCase, params: Tensor[]): optim.SGD {
  const { steps, param_groups, lr_scheduler, ...options } = golden.args
  const groups = param_groups as Record<string, unknown>[] | undefined
  const sgdOptions = ours(options) as unknown as ConstructorParameters<typeof optim.SGD>[1]
  if (groups === undefined) return new optim.SGD(params, sgdOptions)
  return new optim.SGD(groups.map((group) => ours(group, params)) as never, sgdOptions)
}

describe('SGD', () => {
  // Cases with a scheduler belong to the schedulers.
  for (const golden of goldenCases('SGD', ({ args }) => args.lr_scheduler === undefined)) {
    it(golden.name, () => {
      const steps = golden.args.steps as number
      const keys = Object.keys(golden.inputs).filter((name) => name.startsWith('param'))
      const params = keys.map((name) => toTensor(golden.inputs[name], true))
      const optimizer = optimizerFor(golden, params)
      const history: number[][] = params.map(() => [])
      for (let step = 0; step < steps; step++) {
        params.forEach((param, i) => {
          const grads = floats(golden.inputs[`grad${i}`])!
          const data = grads.slice(step * param.size, (step + 1) * param.size)
          param.grad = toTensor({ shape: [...param.shape], data })
        })
        optimizer.step()
        params.forEach((param, i) => {
          history[i].push(...(param.toTypedArray() as Float32Array))
        })
      }
      keys.forEach((name, i) => {
        expectGolden(golden, name, history[i])
      })
    })
  }
})
