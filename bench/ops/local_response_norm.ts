import { localResponseNorm as set } from '../../test/cases/local_response_norm.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const localResponseNorm: OpBench<'local_response_norm'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const size = problem.rows * problem.c
      const buffers = { input: source(size, SEED.input), output: target(size) }
      return kernelCase(buffers, call('localResponseNormForward', problem, 'input', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const size = problem.rows * problem.c
      const buffers = {
        input: source(size, SEED.input),
        gradOutput: source(size, SEED.gradOutput),
        gradInput: target(size),
      }
      const backward = call('localResponseNormBackward', problem, 'input', 'gradOutput', 'gradInput')
      return kernelCase(buffers, backward, 'gradInput')
    },
  },
}
