import type { CrossEntropyProblem } from '../../lib/reference/cross_entropy.ts'
import { crossEntropy as set } from '../../test/cases/cross_entropy.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, classIndices, kernelCase, type OpBench, source, target } from './kernel_case.ts'

function forwardBuffers({ rows, c, reduction }: CrossEntropyProblem): Record<string, BufferSpec> {
  return {
    logits: source(rows * c, SEED.input),
    target: classIndices(rows, SEED.target, c),
    loss: target(reduction === 'none' ? rows : 1),
    saved: target(2 * rows),
    savedTotal: target(1),
  }
}

const forward = (problem: CrossEntropyProblem) =>
  call('crossEntropyForward', problem, 'logits', 'target', null, 'loss', 'saved', 'savedTotal')

export const crossEntropy: OpBench<'cross_entropy'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: (problem) => kernelCase(forwardBuffers(problem), forward(problem), 'loss'),
    backwardInput: (problem) => {
      const { rows, c, reduction } = problem
      const buffers = {
        ...forwardBuffers(problem),
        gradLoss: source(reduction === 'none' ? rows : 1, SEED.gradOutput),
        gradLogits: target(rows * c),
      }
      const saved = ['saved', 'savedTotal']
      const backward = call(
        'crossEntropyBackward',
        problem,
        'gradLoss',
        'logits',
        'target',
        null,
        ...saved,
        'gradLogits',
      )
      return kernelCase(buffers, backward, 'gradLogits', { prepare: [forward(problem)] })
    },
  },
}
