import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer, type ConvLayerOptions } from './conv_layer.ts'

/** How the window of a {@link Conv2d} moves and what it reads beyond the border; lists are `[height, width]`. */
export type Conv2dOptions = ConvLayerOptions

/**
 * 2-D convolution of `[N, C, H, W]` with `weight` `[outChannels, inChannels / groups, KH, KW]`; see `functional.conv2d`.
 *
 * Weight and bias start evenly from `±1 / √(inChannels / groups · KH · KW)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.Conv2d(3, 64, 3, { padding: 1, bias: false })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class Conv2d extends ConvLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: Conv2dOptions = {}) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options)
  }
}
