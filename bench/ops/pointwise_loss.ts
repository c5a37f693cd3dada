import type { PointwiseLossProblem } from '../../lib/reference/pointwise_loss.ts'
import { pointwiseLoss as set } from '../../test/cases/pointwise_loss.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

/** Probabilities where a loss wants them, scores and differences else. */
function inputs({ op, size }: PointwiseLossProblem): Record<string, BufferSpec> {
  const low = op === 'bce' ? 0 : -1
  return { input: source(size, SEED.input, low, 1), target: source(size, SEED.target, 0, 1) }
}

export const pointwiseLoss: OpBench<'pointwise_loss'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: (problem) => {
      const buffers = { ...inputs(problem), loss: target(problem.each ? problem.size : 1) }
      return kernelCase(buffers, call('pointwiseLossForward', problem, 'input', 'target', null, null, 'loss'), 'loss')
    },
    backwardInput: (problem) => {
      const buffers = {
        ...inputs(problem),
        gradLoss: source(problem.each ? problem.size : 1, SEED.gradOutput),
        gradInput: target(problem.size),
      }
      const read = ['input', 'target', null, null, 'gradLoss']
      return kernelCase(buffers, call('pointwiseLossBackward', problem, ...read, 'gradInput', null), 'gradInput')
    },
  },
}
