import { convTranspose1d } from '../ops/conv_transpose1d.ts'
import type { ConvTransposeOptions } from '../ops/transposed_convolution.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { ConvTransposeLayer, type ConvTransposeLayerOptions } from './conv_transpose_layer.ts'

/**
 * 1-D transposed convolution of `[N, C, L]` with `weight` `[inChannels, outChannels / groups, K]`; see
 * `functional.convTranspose1d`.
 *
 * Weight and bias start evenly from `±1 / √(outChannels / groups · K)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.ConvTranspose1d(64, 3, 4, { stride: 2, padding: 1 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class ConvTranspose1d extends ConvTransposeLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options)
  }

  protected override convolve(input: Tensor, options: ConvTransposeOptions): Tensor {
    return convTranspose1d(input, this.weight, this.bias, options)
  }
}
