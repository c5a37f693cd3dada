import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'

/** Named problems of one op, as problem strings, with the work that one forward pass of a problem does. */
export interface CaseSet<Op extends ProblemOp> {
  op: Op
  /** What real models run, at their real batch size. */
  layers: Readonly<Record<string, string>>
  /** Small problems around the edges of shapes, lanes and tiles. */
  edges: Readonly<Record<string, string>>
  /** Floating-point operations; a comparison or a call of exp or log counts as one. */
  flops(problem: Problems[Op]): number
  /** Bytes that have to be read and written at least: every operand once. */
  bytes(problem: Problems[Op]): number
}

/** Bytes of one float32 or int32. */
export const ITEM = 4

/** Product of the sizes of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
