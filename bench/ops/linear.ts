import { linear as set } from '../../test/cases/linear.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const linear: OpBench<'linear'> = {
  set,
  compute: true,
  images: false,
  passes: {
    forward: (problem) => {
      const { n, ic, oc } = problem
      const buffers = {
        input: source(n * ic, SEED.input),
        weight: source(oc * ic, SEED.weight),
        bias: source(oc, SEED.bias),
        output: target(n * oc),
      }
      return kernelCase(buffers, call('linearForward', problem, 'input', 'weight', 'bias', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const { n, ic, oc } = problem
      const buffers = {
        gradOutput: source(n * oc, SEED.gradOutput),
        weight: source(oc * ic, SEED.weight),
        gradInput: target(n * ic),
      }
      return kernelCase(buffers, call('linearBackwardInput', problem, 'gradOutput', 'weight', 'gradInput'), 'gradInput')
    },
    backwardWeight: (problem) => {
      const { n, ic, oc } = problem
      const buffers = {
        input: source(n * ic, SEED.input),
        gradOutput: source(n * oc, SEED.gradOutput),
        gradWeight: target(oc * ic),
        gradBias: target(oc),
      }
      const backward = call('linearBackwardWeight', problem, 'input', 'gradOutput', 'gradWeight', 'gradBias')
      return kernelCase(buffers, backward, 'gradWeight')
    },
  },
}
