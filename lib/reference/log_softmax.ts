/** Softmax and log-softmax over the middle of a dense `[outer, size, inner]` buffer. */
export interface SoftmaxProblem {
  outer: number
  size: number
  inner: number
}
