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
