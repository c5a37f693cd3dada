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
 * Forward pass, see {@link CrossEntropyProblem}. `loss` is `[rows]` for reduction none, else one element; `saved`, `[rows, 2]`, holds
 * the largest logit and `log Σ_k exp(logits[r, k] − largest)`, whose sum is `lse`; `savedTotal`, one element, `Σ_r weight[t]` over
 * the rows that count. Targets other than `ignoreIndex` must lie in `[0, c)`.
 */
export function crossEntropyForward(
  problem: CrossEntropyProblem,
  logits: Floats,
  target: Int32Array,
  weight: Floats | null,
  loss: Floats,
  saved: Floats,
  savedTotal: Floats,
): void {
  const { rows, c: C, ignoreIndex, labelSmoothing: smoothing } = problem
  const losses = new Float64Array(rows)
  let total = 0
  for (let r = 0; r < rows; r++) {
    const lse = logSumExp(logits, r, C, saved)
    const t = target[r]
    if (t === ignoreIndex) continue
    const targetWeight = weight === null ? 1 : weight[t]
    losses[r] = (1 - smoothing) * targetWeight * (lse - logits[r * C + t])
    for (let k = 0; smoothing > 0 && k < C; k++) {
      losses[r] += (smoothing / C) * (weight === null ? 1 : weight[k]) * (lse - logits[r * C + k])
    }
    total += targetWeight
  }
  savedTotal[0] = total
  reduceLosses(problem.reduction, losses, total, loss)
}

/** `log Σ_k exp(row[k])` of row r, with the maximum taken out first so that no exponential overflows; both parts into `saved`. */
function logSumExp(logits: Floats, r: number, c: number, saved: Floats): number {
  let max = -Infinity
  for (let k = 0; k < c; k++) max = Math.max(max, logits[r * c + k])
  let sum = 0
  for (let k = 0; k < c; k++) sum += Math.exp(logits[r * c + k] - max)
  const logSum = Math.log(sum)
  saved[2 * r] = max
  saved[2 * r + 1] = logSum
  return max + logSum
}

/** The losses of rows, or their sum, or that over `total`, into `loss`. */
export function reduceLosses(
  reduction: 'none' | 'mean' | 'sum',
  losses: Float64Array,
  total: number,
  loss: Floats,
): void {
  const sum = losses.reduce((all, value) => all + value, 0)
  if (reduction === 'none') loss.set(losses)
  else loss[0] = reduction === 'mean' ? sum / total : sum
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
  saved: Floats,
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
      const softmax = Math.exp(logits[r * C + k] - saved[2 * r] - saved[2 * r + 1])
      const classWeight = weight === null ? 1 : weight[k]
      const hard = targetWeight * (softmax - (k === t ? 1 : 0))
      const smooth = (softmax * weightSum - classWeight) / C
      gradLogits[r * C + k] = t === ignoreIndex ? 0 : grad * ((1 - smoothing) * hard + smoothing * smooth)
    }
  }
}

/**
 * Cross entropy against probabilities `target`, `[rows, c]`: `loss[r] = Σ_k weight[k] · t[k] · (lse − logits[r, k])` with
 * `t[k] = (1 − s) · target[r, k] + s / c`. `mean` divides by the number of rows; `ignoreIndex` means nothing here.
 */
export function softCrossEntropyForward(
  problem: CrossEntropyProblem,
  logits: Floats,
  target: Floats,
  weight: Floats | null,
  loss: Floats,
  saved: Floats,
): void {
  const { rows, c: C, labelSmoothing: smoothing } = problem
  const losses = new Float64Array(rows)
  for (let r = 0; r < rows; r++) {
    const lse = logSumExp(logits, r, C, saved)
    for (let k = 0; k < C; k++) {
      const share = (1 - smoothing) * target[r * C + k] + smoothing / C
      losses[r] += (weight === null ? 1 : weight[k]) * share * (lse - logits[r * C + k])
    }
  }
  reduceLosses(problem.reduction, losses, rows, loss)
}

/**
 * Backward pass of {@link softCrossEntropyForward}, either gradient where it is wanted:
 *
 * `gradLogits[r, k] = g · (softmax[k] · Σ_j weight[j] · t[j] − weight[k] · t[k])`,
 * `gradTarget[r, k] = g · (1 − s) · weight[k] · (lse − logits[r, k])`.
 */
export function softCrossEntropyBackward(
  problem: CrossEntropyProblem,
  gradLoss: Floats,
  logits: Floats,
  target: Floats,
  weight: Floats | null,
  saved: Floats,
  gradLogits: Floats | null,
  gradTarget: Floats | null,
): void {
  const { rows, c: C, labelSmoothing: smoothing, reduction } = problem
  for (let r = 0; r < rows; r++) {
    const grad = reduction === 'none' ? gradLoss[r] : reduction === 'sum' ? gradLoss[0] : gradLoss[0] / rows
    const weightOf = (k: number): number => (weight === null ? 1 : weight[k])
    const share = (k: number): number => weightOf(k) * ((1 - smoothing) * target[r * C + k] + smoothing / C)
    let total = 0
    for (let k = 0; k < C; k++) total += share(k)
    for (let k = 0; k < C; k++) {
      const logSoftmax = logits[r * C + k] - saved[2 * r] - saved[2 * r + 1]
      if (gradLogits !== null) gradLogits[r * C + k] = grad * (Math.exp(logSoftmax) * total - share(k))
      if (gradTarget !== null) gradTarget[r * C + k] = -grad * (1 - smoothing) * weightOf(k) * logSoftmax
    }
  }
}
