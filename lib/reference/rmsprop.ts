import type { Floats } from './types.ts'

/** Parameters that one step of RMSprop updates with the same settings; see {@link rmspropStep}. */
export interface RmspropGroup {
  /** Number of elements of each parameter. */
  sizes: readonly number[]
  lr: number
  alpha: number
  eps: number
  weightDecay: number
  momentum: number
  centered: boolean
  maximize: boolean
}

/** The groups of one step; their parameters follow each other in the lists of {@link rmspropStep}. */
export interface RmspropProblem {
  groups: readonly RmspropGroup[]
}

/**
 * One step of RMSprop over any number of parameters, in place:
 *
 * `d = grad + weightDecay · param`; `square ← alpha · square + (1 − alpha) · d²`; when centered
 * `average ← alpha · average + (1 − alpha) · d` and `variance = max(0, square − average²)`, else `variance = square`;
 * `ratio = d / (√variance + eps)`; with momentum `buffer ← momentum · buffer + ratio` and `param ← param − lr · buffer`, else
 * `param ← param − lr · ratio`.
 *
 * `maximize` negates the gradient first; a weight decay of 0 leaves its term out. Every operation is rounded to float32
 * where the parameter is, in exactly this order, without fused multiply-add; so are the factors, once they are computed.
 *
 * Lists follow the sizes of all groups in order, `averages` only those of centered groups, `buffers` those with momentum.
 */
export function rmspropStep(
  { groups }: RmspropProblem,
  params: readonly Floats[],
  grads: readonly Floats[],
  squares: readonly Floats[],
  averages: readonly Floats[],
  buffers: readonly Floats[],
): void {
  let p = 0
  let a = 0
  let b = 0
  for (const group of groups) {
    for (const size of group.sizes) {
      const average = group.centered ? averages[a++] : null
      const buffer = group.momentum === 0 ? null : buffers[b++]
      stepOne(group, size, params[p], grads[p], squares[p], average, buffer)
      p++
    }
  }
}

function stepOne(
  group: RmspropGroup,
  size: number,
  param: Floats,
  grad: Floats,
  square: Floats,
  average: Floats | null,
  buffer: Floats | null,
): void {
  const round = param instanceof Float32Array ? Math.fround : (value: number) => value
  const [alpha, rest] = [round(group.alpha), round(1 - group.alpha)]
  const [lr, eps, momentum] = [round(group.lr), round(group.eps), round(group.momentum)]
  const weightDecay = round(group.weightDecay)
  for (let i = 0; i < size; i++) {
    let d = group.maximize ? -grad[i] : grad[i]
    if (weightDecay !== 0) d = round(d + round(weightDecay * param[i]))
    square[i] = round(round(alpha * square[i]) + round(rest * round(d * d)))
    let variance = square[i]
    if (average !== null) {
      average[i] = round(round(alpha * average[i]) + round(rest * d))
      variance = Math.max(0, round(square[i] - round(average[i] * average[i])))
    }
    d = round(d / round(round(Math.sqrt(variance)) + eps))
    if (buffer !== null) {
      buffer[i] = round(round(momentum * buffer[i]) + d)
      d = buffer[i]
    }
    param[i] = round(param[i] - round(lr * d))
  }
}
