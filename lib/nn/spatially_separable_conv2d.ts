import { convSettings } from '../ops/conv_problem.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { Sequential } from './containers.ts'
import { Conv2d, type Conv2dOptions } from './conv2d.ts'

/** The window that the two convolutions make together, and how many channels lie between them. */
export interface SpatiallySeparableConv2dOptions extends Conv2dOptions {
  /** Channels between the two convolutions, `outChannels` by default. */
  midChannels?: number
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'paddingMode', 'bias', 'midChannels']

/**
 * A convolution of K×1, `vertical`, and then one of 1×K, `horizontal`: a window of K×K with `2 · K` instead of `K²` weights
 * for each pair of channels.
 *
 * Each takes its own dimension of stride, padding and dilation; groups and padding mode are those of both, and `bias` says
 * whether both have one.
 *
 * ```ts
 * new nn.SpatiallySeparableConv2d(64, 64, 7, { padding: 3 })
 * ```
 *
 * Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class SpatiallySeparableConv2d extends Sequential {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: AxisSizes,
    options: SpatiallySeparableConv2dOptions = {},
  ) {
    const op = 'SpatiallySeparableConv2d'
    checkOptions(op, options, OPTIONS)
    const { midChannels = outChannels, bias = true, ...rest } = options
    const { stride, padding, dilation, groups, paddingMode } = convSettings(op, 2, rest)
    const [kh, kw] = toSizes(op, 'kernelSize', kernelSize, 1, 2)
    const [ph, pw] =
      typeof padding === 'string'
        ? [padding, padding]
        : [
            [padding[0], 0],
            [0, padding[1]],
          ]
    const shared = { groups, paddingMode, bias }
    super({
      vertical: new Conv2d(inChannels, midChannels, [kh, 1], {
        ...shared,
        stride: [stride[0], 1],
        padding: ph,
        dilation: [dilation[0], 1],
      }),
      horizontal: new Conv2d(midChannels, outChannels, [1, kw], {
        ...shared,
        stride: [1, stride[1]],
        padding: pw,
        dilation: [1, dilation[1]],
      }),
    })
  }
}
