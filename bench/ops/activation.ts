import type { Problems } from '../../lib/kernels/problem_string.ts'
import { activation as set } from '../../test/cases/activation.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, type KernelCall, kernelCase, type OpBench, source, target } from './kernel_case.ts'

type Problem = Problems['activation']

function on(kernel: 'activationForward' | 'activationBackward', problem: Problem, ...buffers: string[]): KernelCall {
  const { args } = call(kernel, problem.a, problem.b, problem.size, ...buffers)
  return { kernel, args: [{ plain: problem.op }, ...args] }
}

/** An input wide enough for every branch to be taken. */
const forwardBuffers = ({ size }: Problem): Record<string, BufferSpec> => ({
  input: source(size, SEED.input, -4, 4),
  output: target(size),
})

// Whose derivative is read off the input.
const KEEPS_INPUT = ['silu', 'gelu', 'geluTanh', 'softplus', 'mish', 'hardswish']

export const activation: OpBench<'activation'> = {
  set,
  compute: false,
  images: false,
  passes: {
    forward: (problem) =>
      kernelCase(forwardBuffers(problem), on('activationForward', problem, 'input', 'output'), 'output'),
    backwardInput: (problem) => {
      const { size, op } = problem
      const kept = KEEPS_INPUT.includes(op) ? 'input' : 'output'
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(size, SEED.gradOutput),
        gradInput: target(size),
      }
      const backward = on('activationBackward', problem, kept, 'gradOutput', 'gradInput')
      return kernelCase(buffers, backward, 'gradInput', {
        prepare: [on('activationForward', problem, 'input', 'output')],
      })
    },
  },
}
