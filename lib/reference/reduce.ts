/**
 * Reductions over the middle of a dense `[outer, size, inner]` buffer; the output is `[outer, inner]`.
 * `var` divides by `size - correction`. `max` and `min` propagate NaN; `argmax` and `argmin` write int32, the first
 * winner on ties, and a NaN wins.
 */
export type ReduceOp = 'sum' | 'mean' | 'var' | 'max' | 'min' | 'argmax' | 'argmin'

export interface ReduceProblem {
  op: ReduceOp
  outer: number
  size: number
  inner: number
  correction: number
}
