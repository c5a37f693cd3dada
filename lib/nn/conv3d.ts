import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer, type ConvLayerOptions } from './conv_layer.ts'

/** How the window of a {@link Conv3d} moves and what it reads beyond the border; lists are `[depth, height, width]`. */
export type Conv3dOptions = ConvLayerOptions

/**
 * 3-D convolution of `[N, C, D, H, W]` with `weight` `[outChannels, inChannels / groups, KD, KH, KW]`; see `functional.conv3d`.
 *
 * Weight and bias start evenly from `±1 / √(inChannels / groups · KD · KH · KW)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.Conv3d(3, 64, [1, 3, 3], { padding: 'same', paddingMode: 'replicate' })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class Conv3d extends ConvLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: Conv3dOptions = {}) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options)
  }
}
