/**
 * Batch normalization over the rows of a dense `[rows, c]` buffer (channels-last images have `rows = N·H·W`):
 *
 * `output = (input − mean) · rstd · weight + bias`, `rstd = 1 / √(var + eps)`, `var` biased.
 *
 * Training updates `running ← (1 − momentum) · running + momentum · batch`, with the unbiased variance.
 */
export interface BatchNormProblem {
  rows: number
  c: number
  eps: number
  momentum: number
}
