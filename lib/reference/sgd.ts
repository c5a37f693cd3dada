import type { Floats } from './types.ts'

/**
 * One step of stochastic gradient descent over any number of parameters:
 *
 * `d = grad + weightDecay · param`; with momentum `buffer ← first ? d : momentum · buffer + (1 − dampening) · d` and
 * `d ← nesterov ? d + momentum · buffer : buffer`; `param ← param − lr · d`.
 *
 * Every operation is rounded to float32 where the result is, in exactly this order; no fused multiply-add.
 */
export interface SgdProblem {
  lr: number
  momentum: number
  dampening: number
  weightDecay: number
  nesterov: boolean
  maximize: boolean
  first: boolean
  sizes: readonly number[]
}

/**
 * One step over all parameters in place, see {@link SgdProblem}: `maximize` negates the gradient first, a weight decay or a
 * momentum of 0 leaves its line out. The factors `lr`, `momentum`, `1 − dampening` and `weightDecay` are themselves rounded to
 * float32 where the parameter is, `1 − dampening` after the subtraction.
 */
export function sgdStep(
  problem: SgdProblem,
  params: readonly Floats[],
  grads: readonly Floats[],
  momentumBuffers: readonly Floats[],
): void {
  problem.sizes.forEach((size, p) => {
    stepOne(problem, size, params[p], grads[p], problem.momentum === 0 ? null : momentumBuffers[p])
  })
}

function stepOne(problem: SgdProblem, size: number, param: Floats, grad: Floats, buffer: Floats | null): void {
  const round = param instanceof Float32Array ? Math.fround : (value: number) => value
  const lr = round(problem.lr)
  const momentum = round(problem.momentum)
  const undamped = round(1 - problem.dampening)
  const weightDecay = round(problem.weightDecay)
  for (let i = 0; i < size; i++) {
    let d = problem.maximize ? -grad[i] : grad[i]
    if (weightDecay !== 0) d = round(d + round(weightDecay * param[i]))
    if (buffer !== null) {
      buffer[i] = problem.first ? d : round(round(momentum * buffer[i]) + round(undamped * d))
      d = problem.nesterov ? round(d + round(momentum * buffer[i])) : buffer[i]
    }
    param[i] = round(param[i] - round(lr * d))
  }
}
