import type { BatchNormProblem } from '../../lib/reference/batch_norm.ts'
import { batchNorm as set } from '../../test/cases/batch_norm.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

/** Input, output, weight and bias, the running statistics, what forward saves, and what the problem asks for beside them. */
function forwardBuffers({ rows, c, add, relu }: BatchNormProblem): Record<string, BufferSpec> {
  return {
    input: source(rows * c, SEED.input),
    weight: source(c, SEED.weight),
    bias: source(c, SEED.bias),
    runningMean: source(c, SEED.mean),
    runningVar: source(c, SEED.variance, 0.5, 1.5),
    savedMean: target(c),
    savedRstd: target(c),
    output: target(rows * c),
    ...(add ? { residual: source(rows * c, SEED.residual) } : {}),
    ...(relu ? { bits: target(Math.ceil((rows * c) / 8), 'uint8') } : {}),
  }
}

const rest = ({ add, relu }: BatchNormProblem) => [add ? 'residual' : null, relu ? 'bits' : null, 'output']

const forward = (problem: BatchNormProblem) =>
  call(
    'batchNormForward',
    problem,
    ...['input', null, 'weight', 'bias', 'runningMean', 'runningVar', 'savedMean', 'savedRstd'],
    ...rest(problem),
  )

export const batchNorm: OpBench<'batch_norm'> = {
  set,
  compute: false,
  images: true,
  passes: {
    forward: (problem) =>
      kernelCase(forwardBuffers(problem), forward(problem), 'output', {
        // No sum over the input can be used before all of it was read.
        updated: ['runningMean', 'runningVar', 'input'],
      }),
    backwardInput: (problem) => {
      const { rows, c, add, relu } = problem
      const both = add && relu
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(rows * c, SEED.gradOutput),
        gradInput: target(rows * c),
        gradWeight: target(c),
        gradBias: target(c),
        ...(both ? { gradResidual: target(rows * c) } : {}),
      }
      const read = ['input', 'gradOutput', 'savedMean', 'savedRstd', 'weight', relu ? 'bits' : null]
      const written = ['gradInput', 'gradWeight', 'gradBias', both ? 'gradResidual' : null]
      const backward = call('batchNormBackward', problem, ...read, ...written)
      const again = relu ? ['input', 'gradOutput', 'bits'] : ['input', 'gradOutput']
      return kernelCase(buffers, backward, 'gradInput', { prepare: [forward(problem)], updated: again })
    },
    eval: (problem) =>
      kernelCase(
        forwardBuffers(problem),
        call('batchNormEvalForward', problem, 'input', 'runningMean', 'runningVar', 'weight', 'bias', ...rest(problem)),
        'output',
      ),
  },
}
