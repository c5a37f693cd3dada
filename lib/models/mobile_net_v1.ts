import * as nn from '../nn/index.ts'
import type { LayerChoice } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { initialize } from './initialize.ts'
import { IMAGE_OPTIONS, type ImageModelOptions, isSmallStem, type StemOptions } from './options.ts'

export interface MobileNetV1Options extends ImageModelOptions, StemOptions {}

/** Output channels and step of the separable convolutions. */
// biome-ignore format: one line for each size of the images
const BLOCKS = [
  [64, 1],
  [128, 2], [128, 1],
  [256, 2], [256, 1],
  [512, 2], [512, 1], [512, 1], [512, 1], [512, 1], [512, 1],
  [1024, 2], [1024, 1],
]

/** A depthwise 3×3 convolution and a pointwise one, each with normalization and activation. */
function separable(inChannels: number, channels: number, stride: number, layers: LayerChoice): nn.Sequential {
  return new nn.Sequential({
    depthwise: new nn.Conv2dNormActivation(inChannels, inChannels, 3, { ...layers, stride, groups: inChannels }),
    pointwise: new nn.Conv2dNormActivation(inChannels, channels, 1, layers),
  })
}

/**
 * MobileNet, version 1: a 3×3 convolution of 32 channels and step 2, thirteen depthwise-separable convolutions, global
 * average pooling, classes. `[N, inChannels, H, W]` to logits `[N, numClasses]`; 3 channels and 1000 classes by default,
 * then 4,231,976 parameters. The `cifar` stem has step 1.
 *
 * Source: Howard et al., "MobileNets", 2017.
 *
 * ```ts
 * const model = models.mobileNetV1({ numClasses: 10, stem: 'cifar' })
 * ```
 *
 * @throws {RangeError} when an option is unknown or out of range.
 */
export function mobileNetV1(options: MobileNetV1Options = {}): nn.Sequential {
  const op = 'mobileNetV1'
  checkOptions(op, options, [...IMAGE_OPTIONS, 'stem'])
  const { inChannels = 3, numClasses = 1000, imageSize: _, stem, ...layers } = options
  const stride = isSmallStem(op, { stem }) ? 1 : 2
  const blocks = BLOCKS.map(([channels, step], i) => separable(i === 0 ? 32 : BLOCKS[i - 1][0], channels, step, layers))
  const model = new nn.Sequential({
    features: new nn.Sequential(new nn.Conv2dNormActivation(inChannels, 32, 3, { ...layers, stride }), ...blocks),
    avgpool: new nn.AdaptiveAvgPool2d(1),
    flatten: new nn.Flatten(),
    classifier: new nn.Linear(1024, numClasses),
  })
  initialize(model, 0.01)
  return model
}
