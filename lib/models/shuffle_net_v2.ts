import { isClean, markCleanBlock, runThrough } from '../nn/containers.ts'
import * as nn from '../nn/index.ts'
import { inOrder, type LayerChoice, makeActivation, makeNorm } from '../nn/layer_choice.ts'
import { interleaveChannels } from '../ops/channel_shuffle.ts'
import '../ops/slice.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { IMAGE_OPTIONS, type ImageModelOptions, isSmallStem, type StemOptions } from './options.ts'

export interface ShuffleNetV2Options extends ImageModelOptions, StemOptions {}

const OP = 'shuffleNetV2'

/** Units and output channels of the three stages, at width 1. */
const STAGES = [
  [4, 116],
  [8, 232],
  [4, 464],
]
/** Channels of the stem and before the classifier. */
const STEM = 24
const LAST = 1024

/**
 * A unit of ShuffleNet, version 2: half of the channels pass, the other half go through three convolutions, `branch2`,
 * and the channels of both are dealt out in turn. With a step of 2 both branches see all channels, and the first has
 * two convolutions, `branch1`.
 */
class ShuffleUnit extends nn.Module {
  branch1: nn.Module
  branch2: nn.Module
  /** Whether the channels are split between the branches. */
  readonly splits: boolean

  constructor(inChannels: number, outChannels: number, stride: number, layers: LayerChoice) {
    super()
    const half = outChannels / 2
    const depthwise = (channels: number): nn.Module[] => [
      new nn.Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false }),
      makeNorm(OP, channels, layers),
    ]
    const pointwise = (channels: number): nn.Module[] => [
      new nn.Conv2d(channels, half, 1, { bias: false }),
      ...inOrder(OP, makeNorm(OP, half, layers), makeActivation(OP, layers), layers),
    ]
    this.splits = stride === 1
    this.branch1 = this.splits
      ? new nn.Sequential()
      : new nn.Sequential(...depthwise(inChannels), ...pointwise(inChannels))
    const first = pointwise(this.splits ? half : inChannels)
    this.branch2 = new nn.Sequential(...first, ...depthwise(half), ...pointwise(half))
  }

  override forward(input: Tensor): Tensor {
    const { branch1, branch2 } = this
    const [left, right] = this.splits ? input.chunk(2, 1) : [input, input]
    const parts = [branch1.forward(left), branch2.forward(right)]
    const output = interleaveChannels(parts)
    if (isClean(branch1) && isClean(branch2)) {
      for (const inner of [left, right, ...parts]) if (inner !== input) inner.dispose()
    }
    return output
  }
}

/** ShuffleNet with torchvision's names: `conv1`, `maxpool`, `stage2` to `stage4`, `conv5`, `fc`; see {@link shuffleNetV2}. */
export class ShuffleNetV2 extends nn.Module {
  conv1: nn.Module
  maxpool: nn.Module
  stage2: nn.Module
  stage3: nn.Module
  stage4: nn.Module
  conv5: nn.Module
  avgpool: nn.Module
  flatten: nn.Module
  fc: nn.Module

  constructor(options: ShuffleNetV2Options = {}) {
    super()
    checkOptions(OP, options, [...IMAGE_OPTIONS, 'stem'])
    const { inChannels = 3, numClasses = 1000, imageSize: _, stem, ...layers } = options
    const small = isSmallStem(OP, { stem })
    this.conv1 = new nn.Conv2dNormActivation(inChannels, STEM, 3, { ...layers, stride: small ? 1 : 2 })
    this.maxpool = small ? new nn.Identity() : new nn.MaxPool2d(3, { stride: 2, padding: 1 })
    const stages = STAGES.map(([units, channels], i) => {
      const inChannels = i === 0 ? STEM : STAGES[i - 1][1]
      const unit = (_: unknown, j: number): nn.Module =>
        new ShuffleUnit(j === 0 ? inChannels : channels, channels, j === 0 ? 2 : 1, layers)
      return new nn.Sequential(...Array.from({ length: units }, unit))
    })
    ;[this.stage2, this.stage3, this.stage4] = stages
    this.conv5 = new nn.Conv2dNormActivation(STAGES[2][1], LAST, 1, layers)
    this.avgpool = new nn.AdaptiveAvgPool2d(1)
    this.flatten = new nn.Flatten()
    this.fc = new nn.Linear(LAST, numClasses)
  }

  override forward(input: Tensor): Tensor {
    const { conv1, maxpool, stage2, stage3, stage4, conv5, avgpool, flatten, fc } = this
    return runThrough([conv1, maxpool, stage2, stage3, stage4, conv5, avgpool, flatten, fc], input)
  }
}

markCleanBlock(ShuffleUnit, ShuffleNetV2)

/**
 * ShuffleNet, version 2, of width 1: a 3×3 convolution of step 2 and a max pooling of step 2, which the `cifar` stem does
 * without, three stages of 4, 8 and 4 units, a 1×1 convolution, global average pooling, classes. `[N, inChannels, H, W]`
 * to logits `[N, numClasses]`; 3 channels and 1000 classes by default, then 2,278,604 parameters with torchvision's names,
 * shapes and initial distribution.
 *
 * Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", 2018.
 *
 * ```ts
 * const model = models.shuffleNetV2({ numClasses: 10, stem: 'cifar' })
 * ```
 *
 * @throws {RangeError} when an option is unknown or out of range.
 */
export function shuffleNetV2(options: ShuffleNetV2Options = {}): ShuffleNetV2 {
  return new ShuffleNetV2(options)
}
