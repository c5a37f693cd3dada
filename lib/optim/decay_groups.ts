import type { Module } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative } from '../util/check.ts'

/** A model of any inputs and outputs. */
export type Modular = Pick<Module, 'modules'>

/** Parameters with their weight decay. */
export interface DecayGroup {
  /** In the order of the model's `parameters()`. */
  params: Tensor[]
  /** For all of them, as the optimizers take it. */
  weightDecay: number
}

/**
 * Whether a parameter of a module should decay. Biases and the scales of batch, instance and group norms have one dimension,
 * but the bias of a locally connected layer has three, and the weight of a layer norm as many as it normalises.
 */
function decays(module: Module, name: string, parameter: Parameter): boolean {
  return parameter.ndim >= 2 && name !== 'bias' && !('normalizedShape' in module)
}

/** The parameters of a model that should decay and those that should not, each once, in the order of `parameters()`. */
export function splitByDecay(model: Modular): { decayed: Parameter[]; kept: Parameter[] } {
  const seen = new Set<Parameter>()
  const decayed: Parameter[] = []
  const kept: Parameter[] = []
  for (const module of model.modules()) {
    for (const [name, parameter] of module.ownParameters()) {
      if (seen.has(parameter)) continue
      seen.add(parameter)
      const list = decays(module, name, parameter) ? decayed : kept
      list.push(parameter)
    }
  }
  return { decayed, kept }
}

/**
 * Puts a model's parameters into two groups: weights of convolutions and linear layers, which decay, and biases and the
 * weights and biases of norms, which do not. A group without parameters is left out.
 *
 * A bias has little to overfit with, and shrinking the scale of a norm only changes how fast the layer before it learns.
 *
 * ```ts
 * new optim.SGD(optim.decayGroups(model, { weightDecay: 5e-4 }), { lr: 0.1, momentum: 0.9 })
 * ```
 *
 * @throws {RangeError} when `weightDecay` is negative or not finite.
 *
 * Source: He et al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", 2019, section 3.1.
 */
export function decayGroups(model: Modular, { weightDecay }: { weightDecay: number }): DecayGroup[] {
  checkNonNegative('decayGroups', 'weightDecay', weightDecay)
  const { decayed, kept } = splitByDecay(model)
  const groups = [
    { params: decayed, weightDecay },
    { params: kept, weightDecay: 0 },
  ]
  return groups.filter((group) => group.params.length > 0)
}
