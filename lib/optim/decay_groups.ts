import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative } from '../util/check.ts'

/** What {@link decayGroups} needs of a module. */
interface HasParameters {
  parameters(): Iterable<Tensor>
}

/** Parameters with their weight decay. */
export interface DecayGroup {
  params: Tensor[]
  weightDecay: number
}

/**
 * Puts a model's parameters into two groups: weights of two or more dimensions, which decay, and biases and the scales of
 * norms, which do not. A group without parameters is left out.
 *
 * ```ts
 * new optim.SGD(optim.decayGroups(model, { weightDecay: 5e-4 }), { lr: 0.1, momentum: 0.9 })
 * ```
 *
 * @throws {RangeError} when `weightDecay` is negative or not finite.
 */
export function decayGroups(model: HasParameters, { weightDecay }: { weightDecay: number }): DecayGroup[] {
  checkNonNegative('decayGroups', 'weightDecay', weightDecay)
  const params = [...model.parameters()]
  const groups = [
    { params: params.filter((param) => param.ndim >= 2), weightDecay },
    { params: params.filter((param) => param.ndim < 2), weightDecay: 0 },
  ]
  return groups.filter((group) => group.params.length > 0)
}
