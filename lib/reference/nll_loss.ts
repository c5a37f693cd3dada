import { reduceLosses } from './cross_entropy.ts'
import type { Floats } from './types.ts'

/**
 * Negative log-likelihood of log-probabilities `[rows, c]` (dense) under class indices `target` (int32 `[rows]`):
 * `loss[r] = −weight[t] · input[r, t]` with `t = target[r]`, and 0 where `t` is `ignoreIndex`. `mean` divides the sum by
 * `Σ_r weight[t]` over the rows that count (NaN when there are none, as in PyTorch).
 */
export interface NllLossProblem {
  rows: number
  c: number
  ignoreIndex: number
  reduction: 'none' | 'mean' | 'sum'
}

/** `weight[target[r]]`, 0 for a row that does not count. */
const weightOf = ({ ignoreIndex }: NllLossProblem, t: number, weight: Floats | null): number =>
  t === ignoreIndex ? 0 : weight === null ? 1 : weight[t]

/** Forward pass; `loss` is `[rows]` for reduction none, else one element, and `savedTotal` what `mean` divides by. */
export function nllLossForward(
  problem: NllLossProblem,
  input: Floats,
  target: Int32Array,
  weight: Floats | null,
  loss: Floats,
  savedTotal: Floats,
): void {
  const weights = Float64Array.from(target, (t) => weightOf(problem, t, weight))
  const losses = weights.map((w, r) => (w === 0 ? 0 : -w * input[r * problem.c + target[r]]))
  const total = weights.reduce((sum, w) => sum + w, 0)
  savedTotal[0] = total
  reduceLosses(problem.reduction, losses, total, loss)
}

/** Backward pass: `gradInput[r, t] = −weight[t] · g`, 0 elsewhere, with `g` as in `crossEntropyBackward`. */
export function nllLossBackward(
  problem: NllLossProblem,
  gradLoss: Floats,
  target: Int32Array,
  weight: Floats | null,
  savedTotal: Floats,
  gradInput: Floats,
): void {
  const { rows, c, reduction } = problem
  gradInput.fill(0)
  for (let r = 0; r < rows; r++) {
    const w = weightOf(problem, target[r], weight)
    const grad = reduction === 'none' ? gradLoss[r] : reduction === 'sum' ? gradLoss[0] : gradLoss[0] / savedTotal[0]
    if (w !== 0) gradInput[r * c + target[r]] = -w * grad
  }
}
