import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { markCleanBlock } from './containers.ts'
import { Conv2d } from './conv2d.ts'
import { isNormFirst, LAYER_CHOICES, type LayerChoice, makeActivation, makeNorm } from './layer_choice.ts'
import { Module } from './module.ts'
import { residual } from './residual.ts'
import { projection } from './residual_block.ts'

export interface BottleneckBlockOptions extends LayerChoice {
  /** Step of the 3×3 convolution, 1 by default. */
  stride?: number
  /** Groups of the 3×3 convolution, 1 by default. */
  groups?: number
  /** Channels of each group for 64 channels of the block, 64 by default. */
  widthPerGroup?: number
}

const OPTIONS = ['stride', 'groups', 'widthPerGroup', ...LAYER_CHOICES]

/** Output channels of a bottleneck block for each of its `channels`. */
const EXPANSION = 4

/**
 * Three convolutions, 1×1, 3×3 and 1×1, and a shortcut around them:
 *
 * `output = activation(bn3(conv3(activation(bn2(conv2(activation(bn1(conv1(input)))))))) + shortcut(input))`
 *
 * `conv1` and `conv2` have `⌊channels · widthPerGroup / 64⌋ · groups` channels and the output `4 · channels`; the step
 * lies in `conv2`. The shortcut is the input itself or, where the shape changes, `downsample`. With
 * `normOrder: 'afterActivation'` each pair of norm and activation changes places, the last one behind the sum. Names are
 * those of torchvision's bottleneck.
 *
 * ```ts
 * new nn.BottleneckBlock(256, 128, { stride: 2 }) // [N, 256, H, W] to [N, 512, ⌈H / 2⌉, ⌈W / 2⌉]
 * ```
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016; with groups: Xie et al., "Aggregated Residual
 * Transformations for Deep Neural Networks", 2017.
 *
 * @throws {RangeError} when a number is fractional or out of range, or a name is none.
 */
export class BottleneckBlock extends Module {
  /** Output channels for each of `channels`. */
  static readonly expansion = EXPANSION

  conv1: Module
  bn1: Module
  conv2: Module
  bn2: Module
  conv3: Module
  bn3: Module
  activation: Module
  downsample: Module | null
  /** Whether layers are normalised before their activation. */
  readonly normFirst: boolean

  constructor(inChannels: number, channels: number, options: BottleneckBlockOptions = {}) {
    super()
    const op = 'BottleneckBlock'
    checkOptions(op, options, OPTIONS)
    const { stride = 1, groups = 1, widthPerGroup = 64, ...layers } = options
    checkInteger(op, 'channels', channels, 1)
    checkInteger(op, 'groups', groups, 1)
    const width = Math.floor((channels * checkInteger(op, 'widthPerGroup', widthPerGroup, 1)) / 64) * groups
    const outChannels = channels * EXPANSION
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false })
    this.bn1 = makeNorm(op, width, layers)
    this.conv2 = new Conv2d(width, width, 3, { stride, groups, padding: 1, bias: false })
    this.bn2 = makeNorm(op, width, layers)
    this.conv3 = new Conv2d(width, outChannels, 1, { bias: false })
    this.bn3 = makeNorm(op, outChannels, layers)
    this.activation = makeActivation(op, layers)
    this.downsample = projection(op, inChannels, outChannels, stride, layers)
    this.normFirst = isNormFirst(op, layers)
  }

  override forward(input: Tensor): Tensor {
    const { conv1, bn1, conv2, bn2, conv3, bn3, activation, downsample } = this
    const normFirst = this.normFirst
    const pair = (norm: Module): Module[] => (normFirst ? [norm, activation] : [activation, norm])
    const branch = [conv1, ...pair(bn1), conv2, ...pair(bn2), conv3]
    return residual(input, { branch, norm: bn3, shortcut: downsample, activation, normFirst })
  }
}

markCleanBlock(BottleneckBlock)
