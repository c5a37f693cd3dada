import { logSoftmax as set } from '../../test/cases/log_softmax.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const logSoftmax: OpBench<'log_softmax'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: (problem) => {
      const size = problem.outer * problem.size * problem.inner
      const buffers = { input: source(size, SEED.input), output: target(size) }
      return kernelCase(buffers, call('logSoftmaxForward', problem, 'input', 'output'), 'output')
    },
    backwardInput: (problem) => {
      const size = problem.outer * problem.size * problem.inner
      const buffers = {
        input: source(size, SEED.input),
        output: target(size),
        gradOutput: source(size, SEED.gradOutput),
        gradInput: target(size),
      }
      return kernelCase(
        buffers,
        call('logSoftmaxBackward', problem, 'output', 'gradOutput', 'gradInput'),
        'gradInput',
        { prepare: [call('logSoftmaxForward', problem, 'input', 'output')] },
      )
    },
  },
}
