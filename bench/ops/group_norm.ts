import type { GroupNormProblem } from '../../lib/reference/group_norm.ts'
import { groupNorm as set } from '../../test/cases/group_norm.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

function forwardBuffers({ n, spatial, c, groups }: GroupNormProblem): Record<string, BufferSpec> {
  return {
    input: source(n * spatial * c, SEED.input),
    weight: source(c, SEED.weight),
    bias: source(c, SEED.bias),
    savedMean: target(n * groups),
    savedRstd: target(n * groups),
    output: target(n * spatial * c),
  }
}

const forward = (problem: GroupNormProblem) =>
  call('groupNormForward', problem, 'input', 'weight', 'bias', 'savedMean', 'savedRstd', 'output')

/** Group normalization, and instance normalization where every channel is a group. */
export const groupNorm: OpBench<'group_norm'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) => kernelCase(forwardBuffers(problem), forward(problem), 'output'),
    backwardInput: (problem) => {
      const { n, spatial, c } = problem
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(n * spatial * c, SEED.gradOutput),
        gradInput: target(n * spatial * c),
        gradWeight: target(c),
        gradBias: target(c),
      }
      const read = ['input', 'gradOutput', 'savedMean', 'savedRstd', 'weight']
      const backward = call('groupNormBackward', problem, ...read, 'gradInput', 'gradWeight', 'gradBias')
      return kernelCase(buffers, backward, 'gradInput', { prepare: [forward(problem)] })
    },
  },
}
