import type { Floats } from './types.ts'

/** Parameters that one step of Adam or AdamW updates with the same settings; see {@link adamStep}. */
export interface AdamGroup {
  /** Number of elements of each parameter. */
  sizes: readonly number[]
  lr: number
  beta1: number
  beta2: number
  /** `1 − beta1ᵗ` and `1 − beta2ᵗ` in step `t`, counted from 1. */
  correction1: number
  correction2: number
  eps: number
  weightDecay: number
  /** Whether the weight decay shrinks the parameter by itself instead of entering the gradient. */
  decoupled: boolean
  amsgrad: boolean
  maximize: boolean
}

/** The groups of one step; their parameters follow each other in the lists of {@link adamStep}. */
export interface AdamProblem {
  groups: readonly AdamGroup[]
}

/**
 * One step of Adam over any number of parameters, in place:
 *
 * `d = grad + weightDecay · param`, or when decoupled `param ← (1 − lr · weightDecay) · param` and `d = grad`;
 * `average ← beta1 · average + (1 − beta1) · d`, `square ← beta2 · square + (1 − beta2) · d²`, with AMSGrad
 * `top ← max(top, square)`, else `top = square`; `param ← param − lr / correction1 · average / (√top / √correction2 + eps)`.
 *
 * `maximize` negates the gradient first; a weight decay of 0 leaves its term out. Every operation is rounded to float32
 * where the parameter is, in exactly this order, without fused multiply-add; so are the factors `beta`, `1 − beta`,
 * `lr / correction1`, `1 / √correction2`, `eps`, `weightDecay` and `1 − lr · weightDecay`, once they are computed.
 *
 * All lists follow the sizes of all groups in order, `tops` only those of the groups with AMSGrad.
 */
export function adamStep(
  { groups }: AdamProblem,
  params: readonly Floats[],
  grads: readonly Floats[],
  averages: readonly Floats[],
  squares: readonly Floats[],
  tops: readonly Floats[],
): void {
  let p = 0
  let t = 0
  for (const group of groups) {
    for (const size of group.sizes) {
      stepOne(group, size, params[p], grads[p], averages[p], squares[p], group.amsgrad ? tops[t++] : null)
      p++
    }
  }
}

function stepOne(
  group: AdamGroup,
  size: number,
  param: Floats,
  grad: Floats,
  average: Floats,
  square: Floats,
  top: Floats | null,
): void {
  const round = param instanceof Float32Array ? Math.fround : (value: number) => value
  const [beta1, rest1] = [round(group.beta1), round(1 - group.beta1)]
  const [beta2, rest2] = [round(group.beta2), round(1 - group.beta2)]
  const stepSize = round(group.lr / group.correction1)
  const scale = round(1 / Math.sqrt(group.correction2))
  const eps = round(group.eps)
  const weightDecay = group.decoupled ? 0 : round(group.weightDecay)
  const shrink = group.decoupled ? round(1 - group.lr * group.weightDecay) : 1
  for (let i = 0; i < size; i++) {
    const p = round(shrink * param[i])
    let d = group.maximize ? -grad[i] : grad[i]
    if (weightDecay !== 0) d = round(d + round(weightDecay * p))
    average[i] = round(round(beta1 * average[i]) + round(rest1 * d))
    square[i] = round(round(beta2 * square[i]) + round(rest2 * round(d * d)))
    if (top !== null) top[i] = Math.max(top[i], square[i])
    const denominator = round(round(round(Math.sqrt(top === null ? square[i] : top[i])) * scale) + eps)
    param[i] = round(p - round(stepSize * round(average[i] / denominator)))
  }
}
