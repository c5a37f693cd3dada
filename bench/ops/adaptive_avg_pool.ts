import { adaptiveAvgPool as set } from '../../test/cases/adaptive_avg_pool.ts'
import { pixels, windows } from '../../test/cases/max_pool.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const adaptiveAvgPool: OpBench<'adaptive_avg_pool'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const buffers = { input: source(pixels(problem), SEED.input), output: target(windows(problem)) }
      return kernelCase(buffers, call('adaptiveAvgPoolForward', problem, 'input', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const buffers = {
        gradOutput: source(windows(problem), SEED.gradOutput),
        gradInput: target(pixels(problem)),
      }
      return kernelCase(buffers, call('adaptiveAvgPoolBackward', problem, 'gradOutput', 'gradInput'), 'gradInput')
    },
  },
}
