import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { markCleanBlock, Sequential } from './containers.ts'
import { Conv2d } from './conv2d.ts'
import { isNormFirst, LAYER_CHOICES, type LayerChoice, makeActivation, makeNorm } from './layer_choice.ts'
import { Module } from './module.ts'
import { residual } from './residual.ts'
import { SqueezeExcitation } from './squeeze_excitation.ts'

export interface ResidualBlockOptions extends LayerChoice {
  /** Step of the first convolution, 1 by default. */
  stride?: number
  /** Window of both convolutions, an odd number, 3 by default. */
  kernelSize?: number
  /** Channels that a {@link SqueezeExcitation} of the branch has inside; null, the default, for none. */
  squeezeChannels?: number | null
}

const OPTIONS = ['stride', 'kernelSize', 'squeezeChannels', ...LAYER_CHOICES]

/**
 * The projection of a block's input where its shape changes: a 1×1 convolution without bias and its normalization; null
 * where the shape stays.
 */
export function projection(
  op: string,
  inChannels: number,
  outChannels: number,
  stride: number,
  layers: LayerChoice,
): Sequential | null {
  if (stride === 1 && inChannels === outChannels) return null
  const conv = new Conv2d(inChannels, outChannels, 1, { stride, bias: false })
  return new Sequential(conv, makeNorm(op, outChannels, layers))
}

/**
 * Two convolutions and a shortcut around them:
 *
 * `output = activation(bn2(conv2(activation(bn1(conv1(input))))) + shortcut(input))`
 *
 * The shortcut is the input itself or, where the shape changes, `downsample`: a 1×1 convolution and a normalization. With
 * `normOrder: 'afterActivation'` it is `bn2(activation(conv2(bn1(activation(conv1(input)))) + shortcut(input)))`. No
 * convolution has a bias. With `squeezeChannels` the branch ends in `se`, before the sum. Names are those of torchvision's
 * basic block.
 *
 * ```ts
 * new nn.ResidualBlock(64, 128, { stride: 2 }) // [N, 64, H, W] to [N, 128, ⌈H / 2⌉, ⌈W / 2⌉]
 * ```
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016.
 *
 * @throws {RangeError} when a number is fractional or out of range, the window is even, or a name is none.
 */
export class ResidualBlock extends Module {
  conv1: Module
  bn1: Module
  activation: Module
  conv2: Module
  bn2: Module
  se: Module | null
  downsample: Module | null
  /** Whether layers are normalised before their activation. */
  readonly normFirst: boolean

  constructor(inChannels: number, outChannels: number, options: ResidualBlockOptions = {}) {
    super()
    const op = 'ResidualBlock'
    checkOptions(op, options, OPTIONS)
    const { stride = 1, kernelSize = 3, squeezeChannels = null, ...layers } = options
    checkInteger(op, 'stride', stride, 1)
    if (checkInteger(op, 'kernelSize', kernelSize, 1) % 2 === 0) {
      throw new RangeError(`${op}: expected kernelSize to be odd, so that the size stays, got ${kernelSize}`)
    }
    const window = { padding: (kernelSize - 1) / 2, bias: false }
    this.conv1 = new Conv2d(inChannels, outChannels, kernelSize, { ...window, stride })
    this.bn1 = makeNorm(op, outChannels, layers)
    this.activation = makeActivation(op, layers)
    this.conv2 = new Conv2d(outChannels, outChannels, kernelSize, window)
    this.bn2 = makeNorm(op, outChannels, layers)
    this.se = squeezeChannels === null ? null : new SqueezeExcitation(outChannels, squeezeChannels)
    this.downsample = projection(op, inChannels, outChannels, stride, layers)
    this.normFirst = isNormFirst(op, layers)
  }

  override forward(input: Tensor): Tensor {
    const { conv1, bn1, activation, conv2, bn2, se, downsample: shortcut } = this
    if (this.normFirst) {
      const branch = [conv1, bn1, activation, conv2]
      const paths = se === null ? { branch, norm: bn2 } : { branch: [...branch, bn2, se], norm: null }
      return residual(input, { ...paths, shortcut, activation, normFirst: true })
    }
    const branch = [conv1, activation, bn1, conv2, ...(se === null ? [] : [se])]
    return residual(input, { branch, norm: bn2, shortcut, activation, normFirst: false })
  }
}

markCleanBlock(ResidualBlock)
