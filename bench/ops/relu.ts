import { relu as set } from '../../test/cases/relu.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const relu: OpBench<'relu'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: ({ size }) =>
      kernelCase(
        { input: source(size, SEED.input), output: target(size) },
        call('reluForward', size, 'input', 'output'),
        'output',
      ),
    backwardInput: ({ size }) =>
      kernelCase(
        { output: source(size, SEED.input), gradOutput: source(size, SEED.gradOutput), gradInput: target(size) },
        call('reluBackward', size, 'output', 'gradOutput', 'gradInput'),
        'gradInput',
      ),
  },
}
