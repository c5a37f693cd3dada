import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { Sequential } from './containers.ts'
import { Conv2d } from './conv2d.ts'
import { inOrder, LAYER_CHOICES, type LayerChoice, makeActivation, makeNorm } from './layer_choice.ts'

/** The three layers of a {@link Conv2dNormActivation}: the window of the convolution, the norm, the activation. */
export interface Conv2dNormActivationOptions extends Omit<LayerChoice, 'activation'> {
  /** Step of the window, 1 by default. */
  stride?: AxisSizes
  /** Zeros around the input; by default as many as keep its size at stride 1. */
  padding?: AxisSizes
  /** Distance between the window's elements, 1 by default. */
  dilation?: AxisSizes
  /** Groups of channels, 1 by default. */
  groups?: number
  /** Whether the convolution has a bias, `false` by default: a normalization takes it away again. */
  bias?: boolean
  /** The activation, `relu` by default; null for none. */
  activation?: LayerChoice['activation'] | null
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'bias', ...LAYER_CHOICES]

/**
 * A convolution `0`, its normalization `1` and its activation `2`; with `normOrder: 'afterActivation'` the last two
 * change places. Names are those of torchvision's block.
 *
 * ```ts
 * new nn.Conv2dNormActivation(3, 32, 3, { stride: 2 })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or a name is none.
 */
export class Conv2dNormActivation extends Sequential {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: AxisSizes,
    options: Conv2dNormActivationOptions = {},
  ) {
    const op = 'Conv2dNormActivation'
    checkOptions(op, options, OPTIONS)
    const { stride = 1, dilation = 1, groups = 1, bias = false, activation = 'relu', ...layers } = options
    const steps = toSizes(op, 'dilation', dilation, 1, 2)
    const window = toSizes(op, 'kernelSize', kernelSize, 1, 2)
    const padding = options.padding ?? window.map((size, i) => Math.floor((size - 1) / 2) * steps[i])
    const conv = new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, dilation, groups, bias })
    const norm = makeNorm(op, outChannels, layers)
    const choice: LayerChoice = { normOrder: layers.normOrder, activation: activation ?? undefined }
    super(conv, ...(activation === null ? [norm] : inOrder(op, norm, makeActivation(op, choice), choice)))
  }
}
