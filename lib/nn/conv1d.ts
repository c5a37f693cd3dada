import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer, type ConvLayerOptions } from './conv_layer.ts'

/** How the window of a {@link Conv1d} moves and what it reads beyond the border; lists have one number. */
export type Conv1dOptions = ConvLayerOptions

/**
 * 1-D convolution of `[N, C, L]` with `weight` `[outChannels, inChannels / groups, K]`; see `functional.conv1d`.
 *
 * Weight and bias start evenly from `±1 / √(inChannels / groups · K)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.Conv1d(3, 64, 5, { padding: 2 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class Conv1d extends ConvLayer {
  constructor(inChannels: number, outChannels: number, kernelSize: AxisSizes, options: Conv1dOptions = {}) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options)
  }
}
