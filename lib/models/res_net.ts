import { markCleanBlock, runThrough } from '../nn/containers.ts'
import * as nn from '../nn/index.ts'
import { isNormFirst, type LayerChoice, makeActivation, makeNorm } from '../nn/layer_choice.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { initialize } from './initialize.ts'
import { IMAGE_OPTIONS, type ImageModelOptions, isSmallStem, type StemOptions } from './options.ts'

export interface ResNetOptions extends ImageModelOptions, StemOptions {}

/** How the stages of a residual network are built. */
export interface ResNetPlan {
  /** Name of the function that makes the network, for errors. */
  name: string
  /** Blocks in each of the four stages, of 64, 128, 256 and 512 channels. */
  blocks: readonly number[]
  /** Output channels of a block for each of its stage's. */
  expansion: number
  /** Makes one block. */
  block(inChannels: number, channels: number, options: LayerChoice & { stride: number }): nn.Module
}

const WIDTHS = [64, 128, 256, 512]

/**
 * A residual network with torchvision's names: `conv1`, `bn1`, `maxpool`, `layer1` to `layer4`, `avgpool`, `fc`.
 *
 * The stem is a 7×7 convolution of step 2 and a 3×3 max pooling of step 2, or for `cifar` a 3×3 convolution of step 1.
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016.
 */
export class ResNet extends nn.Module {
  conv1: nn.Module
  bn1: nn.Module
  activation: nn.Module
  maxpool: nn.Module
  layer1: nn.Module
  layer2: nn.Module
  layer3: nn.Module
  layer4: nn.Module
  avgpool: nn.Module
  flatten: nn.Module
  fc: nn.Module
  /** Whether layers are normalised before their activation. */
  readonly normFirst: boolean

  constructor(plan: ResNetPlan, options: ResNetOptions) {
    super()
    const { name } = plan
    checkOptions(name, options, [...IMAGE_OPTIONS, 'stem'])
    const { inChannels = 3, numClasses = 1000, imageSize: _, stem, ...layers } = options
    const small = isSmallStem(name, { stem })
    const window = small ? { padding: 1 } : { stride: 2, padding: 3 }
    this.conv1 = new nn.Conv2d(inChannels, 64, small ? 3 : 7, { ...window, bias: false })
    this.bn1 = makeNorm(name, 64, layers)
    this.activation = makeActivation(name, layers)
    this.maxpool = small ? new nn.Identity() : new nn.MaxPool2d(3, { stride: 2, padding: 1 })
    const stages = WIDTHS.map((_, i) => stage(plan, i, layers))
    ;[this.layer1, this.layer2, this.layer3, this.layer4] = stages
    this.avgpool = new nn.AdaptiveAvgPool2d(1)
    this.flatten = new nn.Flatten()
    this.fc = new nn.Linear(512 * plan.expansion, numClasses)
    this.normFirst = isNormFirst(name, layers)
    initialize(this as nn.Module)
  }

  override forward(input: Tensor): Tensor {
    const { conv1, bn1, activation, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc } = this
    const first = this.normFirst ? [bn1, activation] : [activation, bn1]
    return runThrough([conv1, ...first, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc], input)
  }
}

/** The blocks of one stage, of which the first takes the step that halves the size, but for the first stage. */
function stage({ blocks, expansion, block }: ResNetPlan, index: number, layers: LayerChoice): nn.Sequential {
  const channels = WIDTHS[index]
  const inChannels = index === 0 ? WIDTHS[0] : WIDTHS[index - 1] * expansion
  const first = block(inChannels, channels, { ...layers, stride: index === 0 ? 1 : 2 })
  const others = Array.from({ length: blocks[index] - 1 }, () =>
    block(channels * expansion, channels, { ...layers, stride: 1 }),
  )
  return new nn.Sequential(first, ...others)
}

markCleanBlock(ResNet)
