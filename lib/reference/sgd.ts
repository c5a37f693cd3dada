import type { Floats } from './types.ts'

/** Parameters that one step of stochastic gradient descent updates with the same settings; see {@link sgdStep}. */
export interface SgdGroup {
  /** Number of elements of each parameter. */
  sizes: readonly number[]
  lr: number
  momentum: number
  dampening: number
  weightDecay: number
  nesterov: boolean
  /** Whether the weight decay shrinks the parameter by itself instead of entering the gradient. */
  decoupled: boolean
  maximize: boolean
  /** Whether the momentum buffers hold nothing yet. */
  first: boolean
}

/** The groups of one step; their parameters follow each other in the lists of {@link sgdStep}. */
export interface SgdProblem {
  groups: readonly SgdGroup[]
}

/**
 * One step of stochastic gradient descent over any number of parameters, in place:
 *
 * `d = grad + weightDecay · param`, or when decoupled `param ← (1 − lr · weightDecay) · param` and `d = grad`; with momentum
 * `buffer ← first ? d : momentum · buffer + (1 − dampening) · d` and `d ← nesterov ? d + momentum · buffer : buffer`;
 * `param ← param − lr · d`.
 *
 * `maximize` negates the gradient first. A weight decay or a momentum of 0 leaves its line out. Every operation is rounded
 * to float32 where the parameter is, in exactly this order, without fused multiply-add; so are the factors `lr`, `momentum`,
 * `1 − dampening`, `weightDecay` and `1 − lr · weightDecay`, once they are computed.
 *
 * `params` and `grads` follow the sizes of all groups in order, `momentumBuffers` those of the groups that have momentum.
 */
export function sgdStep(
  { groups }: SgdProblem,
  params: readonly Floats[],
  grads: readonly Floats[],
  momentumBuffers: readonly Floats[],
): void {
  let p = 0
  let b = 0
  for (const group of groups) {
    for (const size of group.sizes) {
      stepOne(group, size, params[p], grads[p], group.momentum === 0 ? null : momentumBuffers[b++])
      p++
    }
  }
}

function stepOne(group: SgdGroup, size: number, param: Floats, grad: Floats, buffer: Floats | null): void {
  const round = param instanceof Float32Array ? Math.fround : (value: number) => value
  const lr = round(group.lr)
  const momentum = round(group.momentum)
  const undamped = round(1 - group.dampening)
  const weightDecay = group.decoupled ? 0 : round(group.weightDecay)
  const shrink = group.decoupled ? round(1 - group.lr * group.weightDecay) : 1
  for (let i = 0; i < size; i++) {
    const p = round(shrink * param[i])
    let d = group.maximize ? -grad[i] : grad[i]
    if (weightDecay !== 0) d = round(d + round(weightDecay * p))
    if (buffer !== null) {
      buffer[i] = group.first ? d : round(round(momentum * buffer[i]) + round(undamped * d))
      d = group.nesterov ? round(d + round(momentum * buffer[i])) : buffer[i]
    }
    param[i] = round(p - round(lr * d))
  }
}
