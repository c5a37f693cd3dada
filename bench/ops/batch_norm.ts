import type { BatchNormProblem } from '../../lib/reference/batch_norm.ts'
import { batchNorm as set } from '../../test/cases/batch_norm.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

/** Input, output, weight and bias, the running statistics, and what forward saves. */
function forwardBuffers({ rows, c }: BatchNormProblem): Record<string, BufferSpec> {
  return {
    input: source(rows * c, SEED.input),
    weight: source(c, SEED.weight),
    bias: source(c, SEED.bias),
    runningMean: source(c, SEED.mean),
    runningVar: source(c, SEED.variance, 0.5, 1.5),
    savedMean: target(c),
    savedRstd: target(c),
    output: target(rows * c),
  }
}

const forward = (problem: BatchNormProblem) =>
  call(
    'batchNormForward',
    problem,
    ...['input', 'weight', 'bias', 'runningMean', 'runningVar', 'savedMean', 'savedRstd', 'output'],
  )

export const batchNorm: OpBench<'batch_norm'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) =>
      kernelCase(forwardBuffers(problem), forward(problem), 'output', { updated: ['runningMean', 'runningVar'] }),
    backwardInput: (problem) => {
      const { rows, c } = problem
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(rows * c, SEED.gradOutput),
        gradInput: target(rows * c),
        gradWeight: target(c),
        gradBias: target(c),
      }
      const read = ['input', 'gradOutput', 'savedMean', 'savedRstd', 'weight']
      const backward = call('batchNormBackward', problem, ...read, 'gradInput', 'gradWeight', 'gradBias')
      return kernelCase(buffers, backward, 'gradInput', { prepare: [forward(problem)] })
    },
    eval: (problem) =>
      kernelCase(
        forwardBuffers(problem),
        call('batchNormEvalForward', problem, 'input', 'runningMean', 'runningVar', 'weight', 'bias', 'output'),
        'output',
      ),
  },
}
