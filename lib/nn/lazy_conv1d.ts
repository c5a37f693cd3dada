import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer } from './conv_layer.ts'
import type { Conv1dOptions } from './conv1d.ts'

/**
 * `Conv1d` whose number of input channels is taken from the first input, which also draws the initial weights. Make
 * optimizers behind that first pass; a state dict that is loaded gives the channels as well.
 *
 * ```ts
 * new nn.LazyConv1d(64, 5, { padding: 2 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or `outChannels` do not fall into `groups`.
 */
export class LazyConv1d extends ConvLayer {
  constructor(outChannels: number, kernelSize: AxisSizes, options: Conv1dOptions = {}) {
    super('LazyConv1d', 1, null, outChannels, kernelSize, options)
  }
}
