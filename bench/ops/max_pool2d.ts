import { maxPool2d as set } from '../../test/cases/max_pool2d.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const maxPool2d: OpBench<'max_pool2d'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => {
      const { n, c, ih, iw, oh, ow } = problem
      const buffers = {
        input: source(n * ih * iw * c, SEED.input),
        output: target(n * oh * ow * c),
        argmax: target(n * oh * ow * c, 'int32'),
      }
      return kernelCase(buffers, call('maxPool2dForward', problem, 'input', 'output', 'argmax'), 'output')
    },
    backwardInput: (problem) => {
      const { n, c, ih, iw, oh, ow } = problem
      const buffers = {
        input: source(n * ih * iw * c, SEED.input),
        output: target(n * oh * ow * c),
        argmax: target(n * oh * ow * c, 'int32'),
        gradOutput: source(n * oh * ow * c, SEED.gradOutput),
        gradInput: target(n * ih * iw * c),
      }
      return kernelCase(buffers, call('maxPool2dBackward', problem, 'gradOutput', 'argmax', 'gradInput'), 'gradInput', {
        prepare: [call('maxPool2dForward', problem, 'input', 'output', 'argmax')],
      })
    },
  },
}
