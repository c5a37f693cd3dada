import { prelu as set } from '../../test/cases/prelu.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const prelu: OpBench<'prelu'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const size = problem.rows * problem.c
      const buffers = {
        input: source(size, SEED.input),
        weight: source(problem.c, SEED.weight),
        output: target(size),
      }
      return kernelCase(buffers, call('preluForward', problem, 'input', 'weight', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const size = problem.rows * problem.c
      const buffers = {
        input: source(size, SEED.input),
        weight: source(problem.c, SEED.weight),
        gradOutput: source(size, SEED.gradOutput),
        gradInput: target(size),
        gradWeight: target(problem.c),
      }
      const backward = call('preluBackward', problem, 'input', 'weight', 'gradOutput', 'gradInput', 'gradWeight')
      return kernelCase(buffers, backward, 'gradInput')
    },
  },
}
