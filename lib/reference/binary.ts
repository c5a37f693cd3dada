import { stridedWalk } from './strided_walk.ts'
import type { Floats } from './types.ts'

/** Element-wise functions of two arguments. The `r` forms swap them: `rsub(a, b) = b - a`. NaN propagates through both extrema. */
export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum' | 'rsub' | 'rdiv' | 'rpow'

/** Comparisons; the result is uint8, 0 or 1. Any comparison with NaN but `ne` is 0. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'

/** Broadcast element-wise problem; strides in elements, 0 where an operand is repeated. */
export interface BinaryProblem {
  shape: readonly number[]
  aStrides: readonly number[]
  bStrides: readonly number[]
  outputStrides: readonly number[]
}

const functions: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  maximum: Math.max,
  minimum: Math.min,
  rsub: (a, b) => b - a,
  rdiv: (a, b) => b / a,
  rpow: (a, b) => power(b, a),
}

const comparisons: Record<CompareOp, (a: number, b: number) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
}

/** C's `pow`, which differs from JavaScript's where the base is 1 (always 1) and for (−1) to the power ±∞ (1). */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1
  return base ** exponent
}

/** `output[i] = op(a[i], b[i])`; `output` may be `a` or `b`. */
export function binary(op: BinaryOp, size: number, a: Floats, b: Floats, output: Floats): void {
  const apply = functions[op]
  for (let i = 0; i < size; i++) output[i] = apply(a[i], b[i])
}

/** `output[i] = op(a[i], scalar)`, with the scalar first rounded to the type of `a`; `output` may be `a`. */
export function binaryScalar(op: BinaryOp, size: number, a: Floats, scalar: number, output: Floats): void {
  const apply = functions[op]
  const b = a instanceof Float32Array ? Math.fround(scalar) : scalar
  for (let i = 0; i < size; i++) output[i] = apply(a[i], b)
}

/** `output[i] = op(a[i], b[i])` for every index `i` of `shape`, each array addressed by its own strides. */
export function binaryStrided(op: BinaryOp, problem: BinaryProblem, a: Floats, b: Floats, output: Floats): void {
  const apply = functions[op]
  const { shape, aStrides, bStrides, outputStrides } = problem
  stridedWalk(shape, [aStrides, bStrides, outputStrides], ([ai, bi, oi]) => {
    output[oi] = apply(a[ai], b[bi])
  })
}

/** `output[i] = op(a[i], b[i]) ? 1 : 0` for every index `i` of `shape`, each array addressed by its own strides. */
export function compareStrided(op: CompareOp, problem: BinaryProblem, a: Floats, b: Floats, output: Uint8Array): void {
  const holds = comparisons[op]
  const { shape, aStrides, bStrides, outputStrides } = problem
  stridedWalk(shape, [aStrides, bStrides, outputStrides], ([ai, bi, oi]) => {
    output[oi] = holds(a[ai], b[bi]) ? 1 : 0
  })
}
