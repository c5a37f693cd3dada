import type { Floats } from './types.ts'

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

/**
 * Forward pass, see {@link CrossEntropyProblem}. `loss` is `[rows]` for reduction none, else one element; `savedLse`,
 * `[rows]`, holds `lse`; `savedTotal`, one element, `Σ_r weight[t]` over the rows that count. Targets other than `ignoreIndex`
 * must lie in `[0, c)`.
 */
export function crossEntropyForward(
  problem: CrossEntropyProblem,
  logits: Floats,
  target: Int32Array,
  weight: Floats | null,
  loss: Floats,
  savedLse: Floats,
  savedTotal: Floats,
): void {
  const { rows, c: C, ignoreIndex, labelSmoothing: smoothing, reduction } = problem
  let sum = 0
  let total = 0
  for (let r = 0; r < rows; r++) {
    const lse = logSumExp(logits, r * C, C)
    savedLse[r] = lse
    const t = target[r]
    let rowLoss = 0
    if (t !== ignoreIndex) {
      const targetWeight = weight === null ? 1 : weight[t]
      rowLoss = (1 - smoothing) * targetWeight * (lse - logits[r * C + t])
      for (let k = 0; smoothing > 0 && k < C; k++) {
        rowLoss += (smoothing / C) * (weight === null ? 1 : weight[k]) * (lse - logits[r * C + k])
      }
      total += targetWeight
    }
    if (reduction === 'none') loss[r] = rowLoss
    sum += rowLoss
  }
  savedTotal[0] = total
  if (reduction !== 'none') loss[0] = reduction === 'mean' ? sum / total : sum
}

/** `log Σ_k exp(values[begin + k])`, with the maximum taken out first so that no exponential overflows. */
function logSumExp(values: Floats, begin: number, size: number): number {
  let max = -Infinity
  for (let k = 0; k < size; k++) max = Math.max(max, values[begin + k])
  let sum = 0
  for (let k = 0; k < size; k++) sum += Math.exp(values[begin + k] - max)
  return max + Math.log(sum)
}

/**
 * Backward pass, from `d lse / d logits[k] = softmax[k]`:
 *
 * `gradLogits[r, k] = g · ((1 − s) · weight[t] · (softmax[k] − [k = t]) + (s / c) · (softmax[k] · Σ_j weight[j] − weight[k]))`
 *
 * where `g` is `gradLoss[r]` for reduction none, `gradLoss[0]` for sum and `gradLoss[0] / savedTotal[0]` for mean, and 0 for ignored rows.
 */
export function crossEntropyBackward(
  problem: CrossEntropyProblem,
  gradLoss: Floats,
  logits: Floats,
  target: Int32Array,
  weight: Floats | null,
  savedLse: Floats,
  savedTotal: Floats,
  gradLogits: Floats,
): void {
  const { rows, c: C, ignoreIndex, labelSmoothing: smoothing, reduction } = problem
  let weightSum = 0
  for (let k = 0; k < C; k++) weightSum += weight === null ? 1 : weight[k]
  for (let r = 0; r < rows; r++) {
    const t = target[r]
    const targetWeight = t === ignoreIndex ? 0 : weight === null ? 1 : weight[t]
    const grad = reduction === 'none' ? gradLoss[r] : reduction === 'sum' ? gradLoss[0] : gradLoss[0] / savedTotal[0]
    for (let k = 0; k < C; k++) {
      const softmax = Math.exp(logits[r * C + k] - savedLse[r])
      const classWeight = weight === null ? 1 : weight[k]
      const hard = targetWeight * (softmax - (k === t ? 1 : 0))
      const smooth = (softmax * weightSum - classWeight) / C
      gradLogits[r * C + k] = t === ignoreIndex ? 0 : grad * ((1 - smoothing) * hard + smoothing * smooth)
    }
  }
}
