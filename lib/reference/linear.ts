/** `output[n, oc] = bias[oc] + Σ_ic input[n, ic] · weight[oc, ic]`, all dense and row-major. */
export interface LinearProblem {
  n: number
  ic: number
  oc: number
}
