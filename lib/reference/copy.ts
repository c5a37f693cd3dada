import { stridedWalk } from './strided_walk.ts'
import type { AnyArray } from './types.ts'

/** A strided copy; strides in elements, `itemSize` in bytes. A stride of 0 in the input repeats it. */
export interface CopyProblem {
  itemSize: 1 | 4 | 8
  shape: readonly number[]
  inputStrides: readonly number[]
  outputStrides: readonly number[]
}

/**
 * `output[Σ iₖ · outputStridesₖ] = input[Σ iₖ · inputStridesₖ]` for every index `i` of `shape`.
 *
 * Both arrays have elements of `itemSize` bytes and the same type.
 */
export function copy(problem: CopyProblem, input: AnyArray, output: AnyArray): void {
  stridedWalk(problem.shape, [problem.inputStrides, problem.outputStrides], ([from, to]) => {
    output[to] = input[from]
  })
}
