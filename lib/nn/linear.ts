import { linear } from '../ops/linear.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { LazyParameter, ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** Which parameters a {@link Linear} has beside its weight. */
export interface LinearOptions {
  /** Whether a bias `[outFeatures]` is added, `true` by default. */
  bias?: boolean
}

/** PyTorch's initial weights and biases: both evenly from `±1 / √fanIn`. */
export function resetWeights(weight: Tensor, bias: Tensor | null): void {
  // √5 makes the bound of the Kaiming distribution 1 / √fanIn.
  init.kaimingUniform(weight, { a: Math.sqrt(5) })
  if (bias === null) return
  const bound = 1 / Math.sqrt(init.calculateFan(weight).fanIn)
  init.uniform(bias, { a: -bound, b: bound })
}

/**
 * Affine layer: `output[…, o] = bias[o] + Σ_i input[…, i] · weight[o, i]`.
 *
 * `weight` is `[outFeatures, inFeatures]`, `bias` `[outFeatures]`; both start evenly from `±1 / √inFeatures`.
 *
 * @throws {RangeError} when a number of features is no positive integer.
 */
export class Linear extends Module {
  weight: Parameter
  bias: Parameter | null

  constructor(inFeatures: number, outFeatures: number, { bias = true }: LinearOptions = {}) {
    super()
    checkInteger('Linear', 'inFeatures', inFeatures, 1)
    checkInteger('Linear', 'outFeatures', outFeatures, 1)
    this.weight = untracked(() => ownParameter(emptyTensor([outFeatures, inFeatures], 'float32')))
    this.bias = bias ? untracked(() => ownParameter(emptyTensor([outFeatures], 'float32'))) : null
    resetWeights(this.weight, this.bias)
  }

  override forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias)
  }

  override extraRepr(): string {
    const [outFeatures, inFeatures] = this.weight.shape
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${repr(this.bias !== null)}`
  }
}

/**
 * {@link Linear} whose number of input features is taken from the first input. Its parameters can be given to an
 * optimizer before that; a state dict can be read only after it.
 */
export class LazyLinear extends Module {
  weight: LazyParameter
  bias: Parameter | null

  constructor(outFeatures: number, { bias = true }: LinearOptions = {}) {
    super()
    checkInteger('LazyLinear', 'outFeatures', outFeatures, 1)
    this.weight = new LazyParameter([outFeatures, 0])
    this.bias = bias ? untracked(() => ownParameter(emptyTensor([outFeatures], 'float32'))) : null
    if (this.bias !== null) init.zeros(this.bias)
  }

  override forward(input: Tensor): Tensor {
    if (this.weight.isLazy) this.#materialize(input)
    return linear(input, this.weight, this.bias)
  }

  #materialize(input: Tensor): void {
    const inFeatures = input.shape.at(-1) ?? 0
    if (inFeatures === 0) {
      throw new ShapeError(
        `LazyLinear: expected input with a last dimension to infer; input ${formatShape(input.shape)}`,
      )
    }
    untracked(() => this.weight.materialize(emptyTensor([this.weight.shape[0], inFeatures], 'float32')))
    resetWeights(this.weight, this.bias)
  }

  override extraRepr(): string {
    const [outFeatures, inFeatures] = this.weight.shape
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${repr(this.bias !== null)}`
  }
}

markClean(Linear, LazyLinear)
