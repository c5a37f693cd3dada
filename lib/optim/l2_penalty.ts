import '../ops/arithmetic.ts'
import '../ops/reduce.ts'
import '../ops/unary.ts'
import { full } from '../tensor/create.ts'
import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative } from '../util/check.ts'
import { type Modular, splitByDecay } from './decay_groups.ts'

/**
 * The L2 penalty as a term of the loss: `lambda / 2 · Σ w²` over the weights that {@link decayGroups} lets decay.
 *
 * Its gradient is `lambda · w`, what the optimizers' coupled weight decay adds: with plain SGD the penalty, coupled and
 * decoupled decay take the same steps. With momentum or Adam a decoupled decay (AdamW, `decoupled: true`) does not: the
 * penalty's gradient goes through their averages and is scaled like the loss's.
 *
 * ```ts
 * const loss = F.crossEntropy(model.forward(input), target).add(optim.l2Penalty(model, 5e-4))
 * ```
 *
 * @returns a tensor without dimensions
 * @throws {RangeError} when `lambda` is negative or not finite.
 */
export function l2Penalty(model: Modular, lambda: number): Tensor {
  checkNonNegative('l2Penalty', 'lambda', lambda)
  return composed(() => {
    const sums = splitByDecay(model).decayed.map((weight) => weight.square().sum())
    const total = sums.length === 0 ? full([], 0) : sums.reduce((sum, one) => sum.add(one))
    return total.mul(lambda / 2)
  })
}
