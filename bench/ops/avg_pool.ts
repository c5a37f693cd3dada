import { avgPool as set } from '../../test/cases/avg_pool.ts'
import { pixels, windows } from '../../test/cases/max_pool.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const avgPool: OpBench<'avg_pool'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const buffers = { input: source(pixels(problem), SEED.input), output: target(windows(problem)) }
      return kernelCase(buffers, call('avgPoolForward', problem, 'input', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const buffers = {
        gradOutput: source(windows(problem), SEED.gradOutput),
        gradInput: target(pixels(problem)),
      }
      return kernelCase(buffers, call('avgPoolBackward', problem, 'gradOutput', 'gradInput'), 'gradInput')
    },
  },
}
