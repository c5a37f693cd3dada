import type { Floats } from './types.ts'

/** Losses of single elements, see {@link PointwiseLossProblem}. */
export const pointwiseLosses = ['mse', 'l1', 'smoothL1', 'huber', 'bce', 'bceWithLogits', 'klDiv', 'klDivLog'] as const

/** Name of a loss of single elements. */
export type PointwiseLoss = (typeof pointwiseLosses)[number]

/**
 * A loss over `size` elements in any dense order. `a` is `beta` of `smoothL1` and `delta` of `huber`. Weights have `width`
 * elements, which divides `size`, and apply to elements `i`, `i + width`, …; only `bce` (weight) and `bceWithLogits` (weight and
 * posWeight) have them. With `each` there is one loss an element, else their sum over `divisor`.
 */
export interface PointwiseLossProblem {
  op: PointwiseLoss
  size: number
  width: number
  a: number
  each: boolean
  divisor: number
}

/** What one element's loss is made of: input, target, weight, posWeight, and `a`. */
type Formula = (x: number, t: number, w: number, p: number, a: number) => number

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
const sign = (x: number): number => (x > 0 ? 1 : x < 0 ? -1 : 0)
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
// Not below −100, so that a certain and wrong probability has a finite loss, as in PyTorch.
const limitedLog = (log: number): number => Math.max(log, -100)
/** `log(1 + e⁻ˣ)` for the side of x that does not cancel against the terms in x itself. */
const tail = (x: number): number => Math.log1p(Math.exp(-Math.abs(x)))

const values: Record<PointwiseLoss, Formula> = {
  mse: (x, t) => (x - t) ** 2,
  l1: (x, t) => Math.abs(x - t),
  smoothL1: (x, t, _w, _p, a) => (Math.abs(x - t) < a ? (x - t) ** 2 / (2 * a) : Math.abs(x - t) - a / 2),
  huber: (x, t, _w, _p, a) => (Math.abs(x - t) < a ? (x - t) ** 2 / 2 : a * (Math.abs(x - t) - a / 2)),
  bce: (x, t, w) => w * ((t - 1) * limitedLog(Math.log1p(-x)) - t * limitedLog(Math.log(x))),
  // (1 − t) x + (1 + (p − 1) t) log(1 + e⁻ˣ), where log(1 + e⁻ˣ) = −x + log(1 + eˣ) for negative x.
  bceWithLogits: (x, t, w, p) => w * ((x < 0 ? -p * t * x : (1 - t) * x) + (1 + (p - 1) * t) * tail(x)),
  klDiv: (x, t) => t * ((t === 0 ? 0 : Math.log(t)) - x),
  klDivLog: (x, t) => Math.exp(t) * (t - x),
}

const inputSlopes: Record<PointwiseLoss, Formula> = {
  mse: (x, t) => 2 * (x - t),
  l1: (x, t) => sign(x - t),
  smoothL1: (x, t, _w, _p, a) => clamp((x - t) / a, -1, 1),
  huber: (x, t, _w, _p, a) => clamp(x - t, -a, a),
  bce: (x, t, w) => (w * (x - t)) / Math.max(x * (1 - x), 1e-12),
  bceWithLogits: (x, t, w, p) => w * ((1 - t) * sigmoid(x) - p * t * sigmoid(-x)),
  klDiv: (_x, t) => -t,
  klDivLog: (_x, t) => -Math.exp(t),
}

const targetSlopes: Record<PointwiseLoss, Formula> = {
  mse: (x, t) => -2 * (x - t),
  l1: (x, t) => -sign(x - t),
  smoothL1: (x, t, _w, _p, a) => -clamp((x - t) / a, -1, 1),
  huber: (x, t, _w, _p, a) => -clamp(x - t, -a, a),
  bce: (x, _t, w) => w * (Math.log1p(-x) - Math.log(x)),
  bceWithLogits: (x, _t, w, p) => w * (-x + (p - 1) * (Math.max(-x, 0) + tail(x))),
  klDiv: (x, t) => Math.log(t) + 1 - x,
  klDivLog: (x, t) => Math.exp(t) * (t + 1 - x),
}

/** Forward pass; `loss` has `size` elements with `each`, else one. */
export function pointwiseLossForward(
  { op, size, width, a, each, divisor }: PointwiseLossProblem,
  input: Floats,
  target: Floats,
  weight: Floats | null,
  posWeight: Floats | null,
  loss: Floats,
): void {
  let sum = 0
  for (let i = 0; i < size; i++) {
    const value = values[op](input[i], target[i], weight?.[i % width] ?? 1, posWeight?.[i % width] ?? 1, a)
    if (each) loss[i] = value
    sum += value
  }
  if (!each) loss[0] = sum / divisor
}

/** Backward pass, either gradient where it is wanted; `gradLoss` has `size` elements with `each`, else one. */
export function pointwiseLossBackward(
  { op, size, width, a, each, divisor }: PointwiseLossProblem,
  input: Floats,
  target: Floats,
  weight: Floats | null,
  posWeight: Floats | null,
  gradLoss: Floats,
  gradInput: Floats | null,
  gradTarget: Floats | null,
): void {
  for (let i = 0; i < size; i++) {
    const grad = each ? gradLoss[i] : gradLoss[0] / divisor
    const parts = [input[i], target[i], weight?.[i % width] ?? 1, posWeight?.[i % width] ?? 1, a] as const
    if (gradInput !== null) gradInput[i] = grad * inputSlopes[op](...parts)
    if (gradTarget !== null) gradTarget[i] = grad * targetSlopes[op](...parts)
  }
}
