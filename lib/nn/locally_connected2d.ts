import {
  LOCAL_OPTIONS,
  type LocallyConnected2dSettings,
  type LocallyConnected2dOptions as LocalOptions,
  locallyConnected2d,
  localSettings,
  localSizes,
} from '../ops/locally_connected2d.ts'
import { untracked } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { emptyTensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkInteger } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { markClean } from './containers.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

export interface LocallyConnected2dOptions extends LocalOptions {
  /** Whether a bias per place and output channel is added, `true` by default. */
  bias?: boolean
}

const LAYER_OPTIONS = [...LOCAL_OPTIONS, 'bias']

/**
 * 2-D convolution whose weights are not shared between places; see `functional.locallyConnected2d`.
 *
 * `weight` is `[OH, OW, outChannels, inChannels, KH, KW]`, `bias` `[outChannels, OH, OW]`; both start evenly from
 * `±1 / √(inChannels · KH · KW)`. The number of weights depends on the size of the images, which is therefore given.
 *
 * ```ts
 * new nn.LocallyConnected2d(3, 8, 32, 3, { stride: 2, padding: 1 }) // for images of 32×32
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the window does not fit the images.
 */
export class LocallyConnected2d extends Module {
  weight: Parameter
  bias: Parameter | null
  readonly inChannels: number
  readonly outChannels: number
  readonly inputSize: readonly number[]
  readonly kernelSize: readonly number[]
  readonly options: Readonly<LocallyConnected2dSettings>

  constructor(
    inChannels: number,
    outChannels: number,
    inputSize: AxisSizes,
    kernelSize: AxisSizes,
    options: LocallyConnected2dOptions = {},
  ) {
    super()
    const op = 'LocallyConnected2d'
    this.options = localSettings(op, options, LAYER_OPTIONS)
    this.inChannels = checkInteger(op, 'inChannels', inChannels, 1)
    this.outChannels = checkInteger(op, 'outChannels', outChannels, 1)
    this.inputSize = toSizes(op, 'inputSize', inputSize, 1, 2)
    this.kernelSize = toSizes(op, 'kernelSize', kernelSize, 1, 2)
    const sizes = localSizes(this.inputSize, this.kernelSize, this.options)
    if (sizes.some((size) => size < 1)) {
      throw new RangeError(
        `${op}: expected a window that fits images of ${this.inputSize.join('x')}, got ${this.kernelSize.join('x')} ` +
          `with padding ${this.options.padding.join('x')} and dilation ${this.options.dilation.join('x')}`,
      )
    }
    const parameter = (shape: number[]): Parameter => untracked(() => ownParameter(emptyTensor(shape, 'float32')))
    this.weight = parameter([...sizes, outChannels, inChannels, ...this.kernelSize])
    this.bias = (options.bias ?? true) ? parameter([outChannels, ...sizes]) : null
    const bound = 1 / Math.sqrt(inChannels * this.kernelSize[0] * this.kernelSize[1])
    for (const each of [this.weight, this.bias]) if (each !== null) init.uniform(each, { a: -bound, b: bound })
  }

  override forward(input: Tensor): Tensor {
    return locallyConnected2d(input, this.weight, this.bias, this.options)
  }

  override extraRepr(): string {
    const { stride, padding, dilation } = this.options
    let text = `${this.inChannels}, ${this.outChannels}, input_size=${repr(this.inputSize)}, `
    text += `kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}`
    if (padding.some((size) => size !== 0)) text += `, padding=${repr(padding)}`
    if (dilation.some((step) => step !== 1)) text += `, dilation=${repr(dilation)}`
    return this.bias === null ? `${text}, bias=False` : text
  }
}

markClean(LocallyConnected2d)
