import { layerNorm } from '../ops/layer_norm.ts'
import { toNormalizedShape } from '../ops/normalization.ts'
import { rmsNorm } from '../ops/rms_norm.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import { rowMajorStrides, type Shape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** What a {@link LayerNorm} learns beside the normalization itself. */
export interface LayerNormOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Whether there are a weight and a bias for each element of the normalized shape, `true` by default. */
  elementwiseAffine?: boolean
  /** Whether there is a bias beside the weight, `true` by default. */
  bias?: boolean
}

/** A parameter of a normalized shape; that of whole images `[C, ...spatial]` lies channels-last, as they do. */
function affineParameter(shape: Shape): Parameter {
  const strides = shape.length > 2 ? channelsLastStrides([1, ...shape]).slice(1) : rowMajorStrides(shape)
  return untracked(() => ownParameter(emptyTensor(shape, 'float32', strides)))
}

/**
 * Normalization of the last dimensions, `normalizedShape`, of every element of a batch; see `functional.layerNorm`.
 *
 * ```ts
 * new nn.LayerNorm(384)
 * new nn.LayerNorm([16, 32, 32], { elementwiseAffine: false })
 * ```
 *
 * @throws {RangeError} when a size or `eps` is no such number.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape
  readonly eps: number
  weight: Parameter | null
  bias: Parameter | null

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super()
    checkOptions('LayerNorm', options, ['eps', 'elementwiseAffine', 'bias'])
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options
    this.normalizedShape = toNormalizedShape('LayerNorm', normalizedShape)
    this.eps = checkNonNegative('LayerNorm', 'eps', eps)
    this.weight = elementwiseAffine ? affineParameter(this.normalizedShape) : null
    this.bias = elementwiseAffine && bias ? affineParameter(this.normalizedShape) : null
    if (this.weight !== null) init.ones(this.weight)
    if (this.bias !== null) init.zeros(this.bias)
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return layerNorm(input, this.normalizedShape, { weight, bias, eps })
  }

  override extraRepr(): string {
    const { normalizedShape, eps, weight } = this
    return `${repr(normalizedShape)}, eps=${repr(eps)}, elementwise_affine=${repr(weight !== null)}`
  }
}

/** What an {@link RMSNorm} learns beside the normalization itself. */
export interface RMSNormOptions {
  /** Added to the mean square; null, the default, for the rounding of float32, 2⁻²³. */
  eps?: number | null
  /** Whether there is a weight for each element of the normalized shape, `true` by default. */
  elementwiseAffine?: boolean
}

/**
 * Division of the last dimensions, `normalizedShape`, by their root mean square; see `functional.rmsNorm`.
 *
 * @throws {RangeError} when a size or `eps` is no such number.
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape
  readonly eps: number | null
  weight: Parameter | null

  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super()
    checkOptions('RMSNorm', options, ['eps', 'elementwiseAffine'])
    const { eps = null, elementwiseAffine = true } = options
    this.normalizedShape = toNormalizedShape('RMSNorm', normalizedShape)
    this.eps = eps === null ? null : checkNonNegative('RMSNorm', 'eps', eps)
    this.weight = elementwiseAffine ? affineParameter(this.normalizedShape) : null
    if (this.weight !== null) init.ones(this.weight)
  }

  override forward(input: Tensor): Tensor {
    const { weight, eps } = this
    return rmsNorm(input, this.normalizedShape, { weight, eps })
  }

  override extraRepr(): string {
    const { normalizedShape, eps, weight } = this
    return `${repr(normalizedShape)}, eps=${repr(eps)}, elementwise_affine=${repr(weight !== null)}`
  }
}

markClean(LayerNorm, RMSNorm)
