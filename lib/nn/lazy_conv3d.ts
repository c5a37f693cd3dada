import type { AxisSizes } from '../util/axes.ts'
import { ConvLayer } from './conv_layer.ts'
import type { Conv3dOptions } from './conv3d.ts'

/**
 * `Conv3d` whose number of input channels is taken from the first input, which also draws the initial weights. Make
 * optimizers behind that first pass; a state dict that is loaded gives the channels as well.
 *
 * ```ts
 * new nn.LazyConv3d(64, [1, 3, 3])
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or `outChannels` do not fall into `groups`.
 */
export class LazyConv3d extends ConvLayer {
  constructor(outChannels: number, kernelSize: AxisSizes, options: Conv3dOptions = {}) {
    super('LazyConv3d', 3, null, outChannels, kernelSize, options)
  }
}
