import {
  type ConvTransposeOptions,
  type ConvTransposeSettings,
  TRANSPOSE_OPTIONS,
  transposedSizes,
  transposeSettings,
} from '../ops/transposed_convolution.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkInteger } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import { emptyParameter } from './conv_layer.ts'
import { resetWeights } from './linear.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** Options of transposed convolution layers; lists have one number for each spatial dimension, the outermost first. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions {
  /** Whether a bias per output channel is added, `true` by default. */
  bias?: boolean
}

const LAYER_OPTIONS = [...TRANSPOSE_OPTIONS, 'bias']

/**
 * What transposed convolution layers share: a weight `[inChannels, outChannels / groups, ...kernelSize]`, channels-last in
 * memory, and a bias `[outChannels]`, both of which start evenly from `±1 / √(outChannels / groups · window)`.
 */
export abstract class ConvTransposeLayer extends Module {
  /** `[inChannels, outChannels / groups, ...kernelSize]` */
  weight: Parameter
  /** `[outChannels]`; null without one. */
  bias: Parameter | null
  /** Channels of the input. */
  readonly inChannels: number
  /** Channels of the output. */
  readonly outChannels: number
  /** Size of the window along each spatial dimension. */
  readonly kernelSize: readonly number[]
  /** The options with their defaults, one number for each spatial dimension. */
  readonly options: Readonly<ConvTransposeSettings>
  readonly #name: string

  /** @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`. */
  constructor(
    name: string,
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: AxisSizes,
    options: ConvTransposeLayerOptions,
  ) {
    super()
    this.#name = name
    this.options = transposeSettings(name, rank, options, LAYER_OPTIONS)
    const { groups } = this.options
    this.inChannels = checkInteger(name, 'inChannels', inChannels, 1)
    this.outChannels = checkInteger(name, 'outChannels', outChannels, 1)
    this.kernelSize = toSizes(name, 'kernelSize', kernelSize, 1, rank)
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `${name}: expected inChannels and outChannels divisible by groups ${groups}, got ${inChannels} and ${outChannels}`,
      )
    }
    this.weight = emptyParameter([inChannels, outChannels / groups, ...this.kernelSize])
    this.bias = (options.bias ?? true) ? emptyParameter([outChannels]) : null
    resetWeights(this.weight, this.bias)
  }

  /** The transposed convolution with these options. */
  protected abstract convolve(input: Tensor, options: ConvTransposeOptions): Tensor

  /**
   * @param outputSize spatial sizes of the output, of the several that a stride allows; in place of `outputPadding`
   * @throws {ShapeError} when the output cannot have that size.
   */
  override forward(input: Tensor, outputSize?: readonly number[]): Tensor {
    if (outputSize === undefined) return this.convolve(input, this.options)
    return this.convolve(input, { ...this.options, outputPadding: this.#outputPadding(input, outputSize) })
  }

  #outputPadding(input: Tensor, outputSize: readonly number[]): number[] {
    const rank = this.kernelSize.length
    const least = transposedSizes(input.shape.slice(-rank), this.kernelSize, this.options)
    const most = least.map((size, i) => size + this.options.stride[i] - 1)
    const fits = outputSize.length === rank && outputSize.every((size, i) => size >= least[i] && size <= most[i])
    if (!fits) {
      throw new ShapeError(
        `${this.#name}: expected outputSize from ${formatShape(least)} to ${formatShape(most)}, ` +
          `got ${formatShape(outputSize)}; input ${formatShape(input.shape)}`,
      )
    }
    return outputSize.map((size, i) => size - least[i])
  }

  override extraRepr(): string {
    const { stride, padding, outputPadding, dilation, groups } = this.options
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}`
    if (padding.some((size) => size !== 0)) text += `, padding=${repr(padding)}`
    if (dilation.some((step) => step !== 1)) text += `, dilation=${repr(dilation)}`
    if (outputPadding.some((size) => size !== 0)) text += `, output_padding=${repr(outputPadding)}`
    if (groups !== 1) text += `, groups=${groups}`
    return this.bias === null ? `${text}, bias=False` : text
  }
}

markClean(ConvTransposeLayer)
