import '../ops/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { isClean, runThrough } from './containers.ts'
import { fusedSum } from './fusion.ts'
import type { Module } from './module.ts'

/** A residual block's two ways from its input to the sum, and what follows. */
export interface ResidualPaths {
  /** Modules of the residual branch, up to the last layer before `norm`. */
  branch: readonly Module[]
  /** What makes the shortcut of the input; null for the input itself. */
  shortcut: Module | null
  /** Normalization of the branch; null when there is none. */
  norm: Module | null
  /** Activation of the sum; null when there is none. */
  activation: Module | null
  /** Whether the branch is normalised and the sum then activated, or the sum activated and then normalised. */
  normFirst: boolean
}

/**
 * `activation(norm(branch(input)) + shortcut(input))`, or `norm(activation(branch(input) + shortcut(input)))`.
 *
 * What flows between the library's own modules is released as soon as it was used.
 */
export function residual(input: Tensor, paths: ResidualPaths): Tensor {
  const { branch, shortcut, norm, activation, normFirst } = paths
  const fused = normFirst && norm !== null ? fusedSum(norm, activation) : null
  if (fused !== null) {
    const residue = runThrough(branch, input)
    const skip = shortcut === null ? input : shortcut.forward(input)
    const output = fused(residue, skip)
    release(residue, input, branch)
    release(skip, input, shortcut === null ? [] : [shortcut])
    return output
  }
  const before = normFirst && norm !== null ? [...branch, norm] : branch
  const residue = runThrough(before, input)
  const skip = shortcut === null ? input : shortcut.forward(input)
  const sum = residue.add(skip)
  release(residue, input, before)
  release(skip, input, shortcut === null ? [] : [shortcut])
  const after = [activation, normFirst ? null : norm].filter((module) => module !== null)
  const output = runThrough(after, sum)
  if (output !== sum && after.every(isClean)) sum.dispose()
  return output
}

/** Releases what `modules` made of `input`, when none of them can have kept it. */
function release(made: Tensor, input: Tensor, modules: readonly Module[]): void {
  if (made !== input && modules.every(isClean)) made.dispose()
}
