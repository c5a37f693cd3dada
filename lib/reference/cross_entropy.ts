/**
 * Cross entropy of logits `[rows, c]` (dense) against class indices `target` (int32 `[rows]`):
 *
 * `loss[r] = (1 − s) · weight[t] · (lse − logits[r, t]) + (s / c) · Σ_k weight[k] · (lse − logits[r, k])`, `lse = log Σ_k exp(logits[r, k])`,
 *
 * with `t = target[r]`, `s = labelSmoothing`, and 0 for rows whose target is `ignoreIndex`. `mean` divides the sum by
 * `Σ_r weight[t]` over the rows that count (NaN when there are none, as in PyTorch).
 */
export interface CrossEntropyProblem {
  rows: number
  c: number
  ignoreIndex: number
  labelSmoothing: number
  reduction: 'none' | 'mean' | 'sum'
}
