import type { AxisSizes } from '../util/axes.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { Sequential } from './containers.ts'
import { Conv2d, type Conv2dOptions } from './conv2d.ts'

/** The window of the depthwise convolution, and how many channels lie between the two. */
export interface DepthwiseSeparableConv2dOptions extends Omit<Conv2dOptions, 'groups'> {
  /** Channels that the first convolution makes of each one of the input, 1 by default. */
  depthMultiplier?: number
}

const OPTIONS = ['stride', 'padding', 'dilation', 'paddingMode', 'bias', 'depthMultiplier']

/**
 * A convolution of every channel by itself, `depthwise`, and then one of 1×1 over all of them, `pointwise`: about
 * `1 / outChannels + 1 / (KH · KW)` of the work of a full one.
 *
 * Stride, padding, dilation and padding mode are those of `depthwise`; `bias` says whether both have one.
 *
 * ```ts
 * new nn.DepthwiseSeparableConv2d(128, 256, 3, { padding: 1, bias: false }) // 33,920 parameters instead of 294,912
 * ```
 *
 * Source: Howard et al., "MobileNets", 2017.
 *
 * @throws {RangeError} when a number is fractional or out of range.
 */
export class DepthwiseSeparableConv2d extends Sequential {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: AxisSizes,
    options: DepthwiseSeparableConv2dOptions = {},
  ) {
    checkOptions('DepthwiseSeparableConv2d', options, OPTIONS)
    const { depthMultiplier = 1, bias = true, ...window } = options
    checkInteger('DepthwiseSeparableConv2d', 'inChannels', inChannels, 1)
    const channels = inChannels * checkInteger('DepthwiseSeparableConv2d', 'depthMultiplier', depthMultiplier, 1)
    super({
      depthwise: new Conv2d(inChannels, channels, kernelSize, { ...window, groups: inChannels, bias }),
      pointwise: new Conv2d(channels, outChannels, 1, { bias }),
    })
  }
}
