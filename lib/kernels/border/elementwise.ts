import type { Activation } from '../../reference/activation.ts'
import type { BinaryOp, BinaryProblem, CompareOp } from '../../reference/binary.ts'
import type { DropoutProblem } from '../../reference/dropout.ts'
import type { PreluProblem } from '../../reference/prelu.ts'
import type { ReduceProblem } from '../../reference/reduce.ts'
import type { UnaryOp } from '../../reference/unary.ts'

/** One output element from the same element of each input, and their reductions. */
export interface ElementwiseKernels<B> {
  unary(op: UnaryOp, size: number, input: B, output: B): void
  binary(op: BinaryOp, size: number, a: B, b: B, output: B): void
  binaryScalar(op: BinaryOp, size: number, a: B, scalar: number, output: B): void
  binaryStrided(op: BinaryOp, problem: BinaryProblem, a: B, b: B, output: B): void
  compareStrided(op: CompareOp, problem: BinaryProblem, a: B, b: B, output: B): void
  reduce(problem: ReduceProblem, input: B, output: B): void

  reluForward(size: number, input: B, output: B): void
  reluBackward(size: number, output: B, gradOutput: B, gradInput: B): void
  /** Of `input + residual`; `bits`, uint8, `⌈size / 8⌉` of them, say where the output is not 0. */
  reluBitsForward(size: number, input: B, residual: B | null, output: B, bits: B | null): void
  reluBitsBackward(size: number, bits: B, gradOutput: B, gradInput: B): void
  activationForward(op: Activation, a: number, b: number, size: number, input: B, output: B): void
  activationBackward(op: Activation, a: number, b: number, size: number, kept: B, gradOutput: B, gradInput: B): void
  dropout(problem: DropoutProblem, input: B, output: B): void
  preluForward(problem: PreluProblem, input: B, weight: B, output: B): void
  preluBackward(problem: PreluProblem, input: B, weight: B, gradOutput: B, gradInput: B, gradWeight: B | null): void
}
