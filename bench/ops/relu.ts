import { relu as set } from '../../test/cases/relu.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

const bitsOf = (size: number) => target(Math.ceil(size / 8), 'uint8')

export const relu: OpBench<'relu'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: ({ size }) =>
      kernelCase(
        { input: source(size, SEED.input), output: target(size), bits: bitsOf(size) },
        call('reluBitsForward', size, 'input', null, 'output', 'bits'),
        'output',
      ),
    eval: ({ size }) =>
      kernelCase(
        { input: source(size, SEED.input), output: target(size) },
        call('reluForward', size, 'input', 'output'),
        'output',
      ),
    backwardInput: ({ size }) => {
      const buffers = { input: source(size, SEED.input), output: target(size), bits: bitsOf(size) }
      const forward = call('reluBitsForward', size, 'input', null, 'output', 'bits')
      return kernelCase(
        { ...buffers, gradOutput: source(size, SEED.gradOutput), gradInput: target(size) },
        call('reluBitsBackward', size, 'bits', 'gradOutput', 'gradInput'),
        'gradInput',
        { prepare: [forward] },
      )
    },
  },
}
