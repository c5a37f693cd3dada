import { convTranspose2d } from '../ops/conv_transpose2d.ts'
import type { ConvTransposeOptions } from '../ops/transposed_convolution.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { ConvTransposeLayer, type ConvTransposeLayerOptions } from './conv_transpose_layer.ts'

/**
 * 2-D transposed convolution of `[N, C, H, W]` with `weight` `[inChannels, outChannels / groups, KH, KW]`; see
 * `functional.convTranspose2d`.
 *
 * Weight and bias start evenly from `±1 / √(outChannels / groups · KH · KW)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.ConvTranspose2d(64, 3, 4, { stride: 2, padding: 1 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class ConvTranspose2d extends ConvTransposeLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options)
  }

  protected override convolve(input: Tensor, options: ConvTransposeOptions): Tensor {
    return convTranspose2d(input, this.weight, this.bias, options)
  }
}
