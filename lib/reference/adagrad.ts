import type { Floats } from './types.ts'

/** Parameters that one step of Adagrad updates with the same settings; see {@link adagradStep}. */
export interface AdagradGroup {
  /** Number of elements of each parameter. */
  sizes: readonly number[]
  /** The rate of this step, `lr / (1 + (t − 1) · lrDecay)` in step `t`. */
  lr: number
  eps: number
  weightDecay: number
  maximize: boolean
}

/** The groups of one step; their parameters follow each other in the lists of {@link adagradStep}. */
export interface AdagradProblem {
  groups: readonly AdagradGroup[]
}

/**
 * One step of Adagrad over any number of parameters, in place: `d = grad + weightDecay · param`, `sum ← sum + d²`,
 * `param ← param − lr · d / (√sum + eps)`.
 *
 * `maximize` negates the gradient first; a weight decay of 0 leaves its term out. Every operation is rounded to float32
 * where the parameter is, in exactly this order, without fused multiply-add; so are the factors.
 */
export function adagradStep(
  { groups }: AdagradProblem,
  params: readonly Floats[],
  grads: readonly Floats[],
  sums: readonly Floats[],
): void {
  let p = 0
  for (const group of groups) {
    for (const size of group.sizes) {
      stepOne(group, size, params[p], grads[p], sums[p])
      p++
    }
  }
}

function stepOne(group: AdagradGroup, size: number, param: Floats, grad: Floats, sum: Floats): void {
  const round = param instanceof Float32Array ? Math.fround : (value: number) => value
  const [lr, eps, weightDecay] = [round(group.lr), round(group.eps), round(group.weightDecay)]
  for (let i = 0; i < size; i++) {
    let d = group.maximize ? -grad[i] : grad[i]
    if (weightDecay !== 0) d = round(d + round(weightDecay * param[i]))
    sum[i] = round(sum[i] + round(d * d))
    param[i] = round(param[i] - round(lr * round(d / round(round(Math.sqrt(sum[i])) + eps))))
  }
}
