import { conv2d as set } from '../../test/cases/conv2d.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

// Without bias, as in front of a batch norm; the peers leave it out too.
export const conv2d: OpBench<'conv2d'> = {
  set,
  compute: true,
  images: true,
  passes: {
    forward: (problem) => {
      const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
      const buffers = {
        input: source(n * ih * iw * ic, SEED.input),
        weight: source(oc * kh * kw * (ic / g), SEED.weight),
        output: target(n * oh * ow * oc),
      }
      return kernelCase(buffers, call('conv2dForward', problem, 'input', 'weight', null, 'output'), 'output')
    },
    backwardInput: (problem) => {
      const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
      const buffers = {
        gradOutput: source(n * oh * ow * oc, SEED.gradOutput),
        weight: source(oc * kh * kw * (ic / g), SEED.weight),
        gradInput: target(n * ih * iw * ic),
      }
      return kernelCase(buffers, call('conv2dBackwardInput', problem, 'gradOutput', 'weight', 'gradInput'), 'gradInput')
    },
    backwardWeight: (problem) => {
      const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
      const buffers = {
        input: source(n * ih * iw * ic, SEED.input),
        gradOutput: source(n * oh * ow * oc, SEED.gradOutput),
        gradWeight: target(oc * kh * kw * (ic / g)),
      }
      const backward = call('conv2dBackwardWeight', problem, 'input', 'gradOutput', 'gradWeight', null)
      return kernelCase(buffers, backward, 'gradWeight')
    },
  },
}
