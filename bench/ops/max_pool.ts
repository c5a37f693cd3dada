import type { MaxPoolProblem } from '../../lib/reference/max_pool.ts'
import { pixels, maxPool as set, windows } from '../../test/cases/max_pool.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

function forwardBuffers(problem: MaxPoolProblem): Record<string, BufferSpec> {
  return {
    input: source(pixels(problem), SEED.input),
    output: target(windows(problem)),
    argmax: target(windows(problem), problem.positions ? 'int32' : 'uint8'),
  }
}

export const maxPool: OpBench<'max_pool'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) =>
      kernelCase(forwardBuffers(problem), call('maxPoolForward', problem, 'input', 'output', 'argmax'), 'output'),
    eval: (problem) =>
      kernelCase(forwardBuffers(problem), call('maxPoolForward', problem, 'input', 'output', null), 'output'),
    backwardInput: (problem) => {
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(windows(problem), SEED.gradOutput),
        gradInput: target(pixels(problem)),
      }
      return kernelCase(buffers, call('maxPoolBackward', problem, 'gradOutput', 'argmax', 'gradInput'), 'gradInput', {
        prepare: [call('maxPoolForward', problem, 'input', 'output', 'argmax')],
      })
    },
  },
}
