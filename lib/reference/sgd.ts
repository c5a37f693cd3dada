/**
 * One step of stochastic gradient descent over any number of parameters:
 *
 * `d = grad + weightDecay · param`; with momentum `buffer ← first ? d : momentum · buffer + (1 − dampening) · d` and
 * `d ← nesterov ? d + momentum · buffer : buffer`; `param ← param − lr · d`.
 *
 * Every operation is rounded to float32 where the result is, in exactly this order; no fused multiply-add.
 */
export interface SgdProblem {
  lr: number
  momentum: number
  dampening: number
  weightDecay: number
  nesterov: boolean
  maximize: boolean
  first: boolean
  sizes: readonly number[]
}
