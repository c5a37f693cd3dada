import type { Kernels } from '../../lib/kernels/kernels.ts'
import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'
import { SEED } from '../fill.ts'
import { call, type KernelCase, kernelCase, type OpBench, source, target } from './kernel_case.ts'

/** The sizes of the three buffers of a convolution, channels-last. */
interface Sizes {
  input: number
  weight: number
  output: number
}

/** What the convolutions of all numbers of dimensions share. Without bias, as in front of a batch norm; the peers leave it out too. */
export function convBench<Op extends ProblemOp & ('conv2d' | 'conv3d')>(
  op: Op,
  set: OpBench<Op>['set'],
  sizesOf: (problem: Problems[Op]) => Sizes,
): OpBench<Op> {
  const kernel = (pass: string): keyof Kernels<unknown> => `${op}${pass}` as keyof Kernels<unknown>
  const make = (problem: Problems[Op], pass: string, read: (keyof typeof SEED)[], result: string): KernelCase => {
    const { input, weight, output } = sizesOf(problem)
    const sizes: Record<string, number> = {
      input,
      weight,
      output,
      gradOutput: output,
      gradInput: input,
      gradWeight: weight,
    }
    const buffers = Object.fromEntries(read.map((name) => [name, source(sizes[name], SEED[name])]))
    const bias = pass === 'BackwardInput' ? [] : [null]
    // Behind the output of two dimensions stand its moments.
    const moments = op === 'conv2d' ? [null] : []
    // The bias comes before the output forward, its gradient last backward.
    const args = pass === 'Forward' ? [...read, ...bias, result, ...moments] : [...read, result, ...bias]
    return kernelCase({ ...buffers, [result]: target(sizes[result]) }, call(kernel(pass), problem, ...args), result)
  }
  return {
    set,
    compute: true,
    images: true,
    passes: {
      forward: (problem) => make(problem, 'Forward', ['input', 'weight'], 'output'),
      backwardInput: (problem) => make(problem, 'BackwardInput', ['gradOutput', 'weight'], 'gradInput'),
      backwardWeight: (problem) => make(problem, 'BackwardWeight', ['input', 'gradOutput'], 'gradWeight'),
    },
  }
}
