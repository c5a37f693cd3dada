import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer } from './conv_layer.ts'
import type { Conv2dOptions } from './conv2d.ts'

/**
 * `Conv2d` whose number of input channels is taken from the first input, which also draws the initial weights. Make
 * optimizers behind that first pass; a state dict that is loaded gives the channels as well.
 *
 * ```ts
 * new nn.LazyConv2d(64, 3, { padding: 1, bias: false })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or `outChannels` do not fall into `groups`.
 */
export class LazyConv2d extends ConvLayer {
  constructor(outChannels: number, kernelSize: AxisSizes, options: Conv2dOptions = {}) {
    super('LazyConv2d', 2, null, outChannels, kernelSize, options)
  }
}
