import { sizeOf } from '../../test/cases/case_set.ts'
import { pad as set } from '../../test/cases/pad.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const pad: OpBench<'pad'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const { shape, before, after, mode } = problem
      const buffers = {
        input: source(sizeOf(shape), SEED.input),
        value: source(1, SEED.bias),
        output: target(sizeOf(shape.map((size, d) => size + before[d] + after[d]))),
      }
      const value = mode === 'constant' ? 'value' : null
      return kernelCase(buffers, call('padForward', problem, 'input', value, 'output'), 'output')
    },
    backwardInput: (problem) => {
      const { shape, before, after } = problem
      const buffers = {
        gradOutput: source(sizeOf(shape.map((size, d) => size + before[d] + after[d])), SEED.gradOutput),
        gradInput: target(sizeOf(shape)),
      }
      return kernelCase(buffers, call('padBackward', problem, 'gradOutput', 'gradInput'), 'gradInput')
    },
  },
}
