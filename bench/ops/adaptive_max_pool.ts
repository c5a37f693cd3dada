import type { AdaptiveMaxPoolProblem } from '../../lib/reference/adaptive_max_pool.ts'
import { adaptiveMaxPool as set } from '../../test/cases/adaptive_max_pool.ts'
import { pixels, windows } from '../../test/cases/max_pool.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

function forwardBuffers(problem: AdaptiveMaxPoolProblem): Record<string, BufferSpec> {
  return {
    input: source(pixels(problem), SEED.input),
    output: target(windows(problem)),
    positions: target(windows(problem), 'int32'),
  }
}

const forward = (problem: AdaptiveMaxPoolProblem) =>
  call('adaptiveMaxPoolForward', problem, 'input', 'output', 'positions')

export const adaptiveMaxPool: OpBench<'adaptive_max_pool'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => kernelCase(forwardBuffers(problem), forward(problem), 'output'),
    backwardInput: (problem) => {
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(windows(problem), SEED.gradOutput),
        gradInput: target(pixels(problem)),
      }
      const backward = call('adaptiveMaxPoolBackward', problem, 'gradOutput', 'positions', 'gradInput')
      return kernelCase(buffers, backward, 'gradInput', { prepare: [forward(problem)] })
    },
  },
}
