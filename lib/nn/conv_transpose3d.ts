import { convTranspose3d } from '../ops/conv_transpose3d.ts'
import type { ConvTransposeOptions } from '../ops/transposed_convolution.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { ConvTransposeLayer, type ConvTransposeLayerOptions } from './conv_transpose_layer.ts'

/**
 * 3-D transposed convolution of `[N, C, D, H, W]` with `weight` `[inChannels, outChannels / groups, KD, KH, KW]`; see
 * `functional.convTranspose3d`.
 *
 * Weight and bias start evenly from `±1 / √(outChannels / groups · KD · KH · KW)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.ConvTranspose3d(64, 3, 2, { stride: 2 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class ConvTranspose3d extends ConvTransposeLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose3d', 3, inChannels, outChannels, kernelSize, options)
  }

  protected override convolve(input: Tensor, options: ConvTransposeOptions): Tensor {
    return convTranspose3d(input, this.weight, this.bias, options)
  }
}
