import '../ops/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { isClean, runThrough } from './containers.ts'
import { fusedAdd, fusedSum } from './fusion.ts'
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
  const { before, sum, after } = stepsOf(paths)
  const { shortcut } = paths
  const residue = runThrough(before, input)
  const skip = shortcut === null ? input : shortcut.forward(input)
  const total = sum(residue, skip)
  release(residue, input, before)
  release(skip, input, shortcut === null ? [] : [shortcut])
  const output = runThrough(after, total)
  if (output !== total && after.every(isClean)) total.dispose()
  return output
}

/** What runs before the sum, the sum with what joins it in one op, and what runs behind it. */
interface Steps {
  before: readonly Module[]
  sum(residue: Tensor, skip: Tensor): Tensor
  after: readonly Module[]
}

function stepsOf({ branch, norm, activation, normFirst }: ResidualPaths): Steps {
  const normalised = normFirst && norm !== null ? fusedSum(branch, norm, activation) : null
  if (normalised !== null) {
    const { taken, sum } = normalised
    return { before: branch.slice(0, branch.length - taken), sum, after: [] }
  }
  const before = normFirst && norm !== null ? [...branch, norm] : branch
  const after = [activation, normFirst ? null : norm].filter((module) => module !== null)
  const activated = fusedAdd(after[0])
  if (activated !== null) return { before, sum: activated, after: after.slice(1) }
  return { before, sum: (residue, skip) => residue.add(skip), after }
}

/** Releases what `modules` made of `input`, when none of them can have kept it. */
function release(made: Tensor, input: Tensor, modules: readonly Module[]): void {
  if (made !== input && modules.every(isClean)) made.dispose()
}
