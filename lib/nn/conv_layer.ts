import { CONV_OPTIONS, type ConvOptions, type ConvSettings, convSettings } from '../ops/conv_problem.ts'
import { convolution, type Stored } from '../ops/convolution.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkInteger } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import { registerConvs } from './fusion.ts'
import * as init from './init.ts'
import { resetWeights } from './linear.ts'
import { Module } from './module.ts'
import { LazyParameter, ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** Options of convolution layers; lists have one number for each spatial dimension, the outermost first. */
export interface ConvLayerOptions extends ConvOptions {
  /** Whether a bias per output channel is added, `true` by default. */
  bias?: boolean
}

const LAYER_OPTIONS = [...CONV_OPTIONS, 'bias']

/** An uninitialised parameter that lies channels-last in memory. */
export function emptyParameter(shape: readonly number[]): Parameter {
  return untracked(() => ownParameter(emptyTensor(shape, 'float32', channelsLastStrides(shape))))
}

/**
 * What convolution layers share: a weight `[outChannels, inChannels / groups, ...kernelSize]`, channels-last in memory,
 * and a bias `[outChannels]`, both of which start evenly from `±1 / √(inChannels / groups · window)`.
 *
 * Without `inChannels` the weight is lazy and made by the first input.
 */
export abstract class ConvLayer extends Module {
  /** `[outChannels, inChannels / groups, ...kernelSize]` */
  weight: Parameter
  /** `[outChannels]`; null without one. */
  bias: Parameter | null
  /** Channels of the output. */
  readonly outChannels: number
  /** Size of the window along each spatial dimension. */
  readonly kernelSize: readonly number[]
  /** The options with their defaults, one number for each spatial dimension. */
  readonly options: Readonly<ConvSettings>
  readonly #name: string

  /** @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`. */
  constructor(
    name: string,
    rank: number,
    inChannels: number | null,
    outChannels: number,
    kernelSize: AxisSizes,
    options: ConvLayerOptions,
  ) {
    super()
    this.#name = name
    this.options = convSettings(name, rank, options, LAYER_OPTIONS)
    const { groups } = this.options
    if (inChannels !== null) checkInteger(name, 'inChannels', inChannels, 1)
    this.outChannels = checkInteger(name, 'outChannels', outChannels, 1)
    this.kernelSize = toSizes(name, 'kernelSize', kernelSize, 1, rank)
    if ((inChannels ?? 0) % groups !== 0 || outChannels % groups !== 0) {
      const [names, given] = inChannels === null ? ['', ''] : ['inChannels and ', `${inChannels} and `]
      throw new RangeError(
        `${name}: expected ${names}outChannels divisible by groups ${groups}, got ${given}${outChannels}`,
      )
    }
    const shape = [outChannels, (inChannels ?? 0) / groups, ...this.kernelSize]
    this.weight = inChannels === null ? new LazyParameter(shape, { beforeOptimizers: true }) : emptyParameter(shape)
    this.bias = (options.bias ?? true) ? emptyParameter([outChannels]) : null
    if (inChannels !== null) resetWeights(this.weight, this.bias)
    else if (this.bias !== null) init.zeros(this.bias)
  }

  /** Channels of the input; 0 while they are unknown. */
  get inChannels(): number {
    return this.weight.shape[1] * this.options.groups
  }

  override forward(input: Tensor): Tensor {
    return this.#convolve(input, {})
  }

  /** `relu(forward(input))`, rectified before it is stored. */
  forwardRectified(input: Tensor): Tensor {
    return this.#convolve(input, { relu: true })
  }

  /** `forward`, and the moments of its output for a batch normalization; null where they are not gathered. */
  forwardMeasured(input: Tensor): [output: Tensor, moments: Tensor | null] {
    const rank = this.kernelSize.length
    if (rank > 2 || input.ndim !== rank + 2) return [this.forward(input), null]
    const moments = untracked(() => emptyTensor([3, this.outChannels], 'float32'))
    return [this.#convolve(input, { moments }), moments]
  }

  #convolve(input: Tensor, stored: Stored): Tensor {
    if (this.weight.isLazy) this.#materialize(input)
    const rank = this.kernelSize.length
    return convolution(`conv${rank}d`, rank, input, this.weight, this.bias, this.options, stored)
  }

  #materialize(input: Tensor): void {
    const rank = this.kernelSize.length
    const channels = input.ndim === rank + 2 ? input.shape[1] : input.shape[0]
    if (input.ndim < rank + 1 || input.ndim > rank + 2 || channels === 0) {
      throw new ShapeError(
        `${this.#name}: expected input of ${rank + 1} or ${rank + 2} dimensions with channels to infer; ` +
          `input ${formatShape(input.shape)}`,
      )
    }
    const { groups } = this.options
    if (channels % groups !== 0) {
      throw new ShapeError(
        `${this.#name}: expected input channels divisible by groups ${groups}, got ${channels}; ` +
          `input ${formatShape(input.shape)}`,
      )
    }
    const shape = [this.outChannels, channels / groups, ...this.kernelSize]
    const data = untracked(() => emptyTensor(shape, 'float32', channelsLastStrides(shape)))
    ;(this.weight as LazyParameter).materialize(data)
    resetWeights(this.weight, this.bias)
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups, paddingMode } = this.options
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}`
    if (typeof padding === 'string' || padding.some((size) => size !== 0)) text += `, padding=${repr(padding)}`
    if (dilation.some((step) => step !== 1)) text += `, dilation=${repr(dilation)}`
    if (groups !== 1) text += `, groups=${groups}`
    if (this.bias === null) text += ', bias=False'
    return paddingMode === 'zeros' ? text : `${text}, padding_mode=${paddingMode}`
  }
}

markClean(ConvLayer)
registerConvs(ConvLayer)
