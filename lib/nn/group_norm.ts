import { groupNorm } from '../ops/group_norm.ts'
import { localResponseNorm } from '../ops/local_response_norm.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkInteger, checkNonNegative, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { markClean } from './containers.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** What a {@link GroupNorm} learns beside the normalization itself. */
export interface GroupNormOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Whether there are a weight and a bias per channel, `true` by default. */
  affine?: boolean
}

/**
 * Normalization of every image by `numGroups` groups of its channels; see `functional.groupNorm`.
 *
 * ```ts
 * new nn.GroupNorm(8, 64)
 * ```
 *
 * @throws {RangeError} when a number is out of range, or the channels do not fall into the groups.
 */
export class GroupNorm extends Module {
  readonly numGroups: number
  readonly numChannels: number
  readonly eps: number
  weight: Parameter | null
  bias: Parameter | null

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super()
    checkOptions('GroupNorm', options, ['eps', 'affine'])
    const { eps = 1e-5, affine = true } = options
    this.numGroups = checkInteger('GroupNorm', 'numGroups', numGroups, 1)
    this.numChannels = checkInteger('GroupNorm', 'numChannels', numChannels, 1)
    this.eps = checkNonNegative('GroupNorm', 'eps', eps)
    if (numChannels % numGroups !== 0) {
      throw new RangeError(`GroupNorm: expected numChannels divisible by numGroups ${numGroups}, got ${numChannels}`)
    }
    const row = (): Parameter => untracked(() => ownParameter(emptyTensor([numChannels], 'float32')))
    this.weight = affine ? row() : null
    this.bias = affine ? row() : null
    if (this.weight !== null) init.ones(this.weight)
    if (this.bias !== null) init.zeros(this.bias)
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return groupNorm(input, this.numGroups, { weight, bias, eps })
  }

  override extraRepr(): string {
    const { numGroups, numChannels, eps, weight } = this
    return `${numGroups}, ${numChannels}, eps=${repr(eps)}, affine=${repr(weight !== null)}`
  }
}

/** How strongly a {@link LocalResponseNorm} damps: the divisor is `(k + alpha · mean of the squares)^beta`. */
export interface LocalResponseNormOptions {
  /** Factor of the mean of the squares, 1e-4 by default. */
  alpha?: number
  /** Exponent, 0.75 by default. */
  beta?: number
  /** What is added to the mean of the squares, 1 by default. */
  k?: number
}

/**
 * Damping by `size` neighbouring channels at the same place; see `functional.localResponseNorm`.
 *
 * @throws {RangeError} when a number is out of range.
 */
export class LocalResponseNorm extends Module {
  readonly size: number
  readonly alpha: number
  readonly beta: number
  readonly k: number

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super()
    checkOptions('LocalResponseNorm', options, ['alpha', 'beta', 'k'])
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options
    this.size = checkInteger('LocalResponseNorm', 'size', size, 1)
    this.alpha = checkFinite('LocalResponseNorm', 'alpha', alpha)
    this.beta = checkFinite('LocalResponseNorm', 'beta', beta)
    this.k = checkFinite('LocalResponseNorm', 'k', k)
  }

  override forward(input: Tensor): Tensor {
    const { alpha, beta, k } = this
    return localResponseNorm(input, this.size, { alpha, beta, k })
  }

  override extraRepr(): string {
    return `${this.size}, alpha=${repr(this.alpha)}, beta=${repr(this.beta)}, k=${repr(this.k)}`
  }
}

markClean(GroupNorm, LocalResponseNorm)
