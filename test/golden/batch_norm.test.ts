import { describe, expect, it } from 'vitest'
import { functional as F, nn, type Tensor } from '../../lib/index.ts'
import { expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { expectGrads, expectTensor, inputsOf, toTensor } from '../support/golden_op.ts'

const isTraining = ({ args, inputs }: GoldenCase): boolean =>
  args.training === true || inputs.running_mean === undefined

describe('batch_norm by function', () => {
  const wanted = ({ args }: GoldenCase): boolean => args.steps === 1 && args.momentum !== null
  for (const golden of goldenCases('batch_norm', wanted)) {
    it(golden.name, () => {
      const inputs = inputsOf(golden)
      const { x, weight, bias, running_mean, running_var } = inputs
      const output = F.batchNorm(x, running_mean ?? null, running_var ?? null, {
        ...(weight && { weight }),
        ...(bias && { bias }),
        training: isTraining(golden),
        momentum: golden.args.momentum as number,
        eps: golden.args.eps as number,
      })
      expectTensor(golden, 'y', output)
      expectGrads(golden, output, inputs)
      for (const name of ['running_mean', 'running_var']) {
        if (golden.outputs[name]) expectTensor(golden, name, inputs[name])
      }
    })
  }
})

/** The module for the number of dimensions of a case, in the case's state. */
function moduleFor(golden: GoldenCase): nn.BatchNorm1d | nn.BatchNorm2d {
  const { args, inputs } = golden
  const shape = args.steps === 1 ? inputs.x.shape : inputs.x.shape.slice(1)
  const Module = shape.length === 4 ? nn.BatchNorm2d : nn.BatchNorm1d
  const module = new Module(shape[1], {
    eps: args.eps as number,
    momentum: args.momentum as number | null,
    affine: args.affine as boolean,
    trackRunningStats: args.track_running_stats as boolean,
  })
  const names = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
  const state = names.filter((name) => inputs[name]).map((name) => [name, toTensor(inputs[name])])
  module.loadStateDict(Object.fromEntries(state))
  return golden.args.training ? module.train() : module.eval()
}

/** Row `step` of an array whose leading axis counts the steps. */
const stepOf = (data: Float32Array, step: number, steps: number): Float32Array =>
  data.slice((step * data.length) / steps, ((step + 1) * data.length) / steps)

describe('batch_norm by module', () => {
  const wanted = ({ args, inputs }: GoldenCase): boolean => inputs.x.shape.length - (args.steps === 1 ? 0 : 1) <= 4
  for (const golden of goldenCases('batch_norm', wanted)) {
    it(golden.name, () => {
      const module = moduleFor(golden)
      const steps = golden.args.steps as number
      const shape = steps === 1 ? golden.inputs.x.shape : golden.inputs.x.shape.slice(1)
      const outputs: number[] = []
      const grads: number[] = []
      for (let step = 0; step < steps; step++) {
        const at = (name: string) => ({ shape, data: stepOf(floats(golden.inputs[name])!, step, steps) })
        const x: Tensor = toTensor(at('x'), true)
        const output = module.forward(x)
        outputs.push(...(output.toTypedArray() as Float32Array))
        if (golden.inputs.dy === undefined) continue
        output.backward(toTensor(at('dy')))
        grads.push(...(x.grad!.toTypedArray() as Float32Array))
      }
      expectGolden(golden, 'y', outputs)
      if (golden.grads.dx) expectGolden(golden, 'dx', grads)
      // Gradients of the parameters add up over the steps.
      const parameters = Object.fromEntries(module.namedParameters())
      if (golden.grads.dweight) expectTensor(golden, 'dweight', parameters.weight.grad)
      if (golden.grads.dbias) expectTensor(golden, 'dbias', parameters.bias.grad)
      const state = module.stateDict()
      for (const name of ['running_mean', 'running_var', 'num_batches_tracked']) {
        if (golden.outputs[name]) expectTensor(golden, name, state[name])
        else expect(Object.keys(state)).not.toContain(golden.inputs[name] ? '' : name)
      }
    })
  }
})
