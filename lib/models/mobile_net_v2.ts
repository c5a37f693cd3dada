import * as nn from '../nn/index.ts'
import type { LayerChoice } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { initialize } from './initialize.ts'
import { IMAGE_OPTIONS, type ImageModelOptions, isSmallStem, type StemOptions } from './options.ts'

export interface MobileNetV2Options extends ImageModelOptions, StemOptions {}

/** Expansion, output channels, number of blocks and step of the first one. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
]
/** Channels of the stem and before the classifier. */
const STEM = 32
const LAST = 1280

/** The blocks of all stages; those of images that are small already take no step in the second stage. */
function blocks(small: boolean, layers: LayerChoice): nn.Module[] {
  let inChannels = STEM
  return STAGES.flatMap(([expandRatio, channels, count, first], stage) =>
    Array.from({ length: count }, (_, i) => {
      const stride = i > 0 || (small && stage === 1) ? 1 : first
      const block = new nn.InvertedResidual(inChannels, channels, { ...layers, stride, expandRatio })
      inChannels = channels
      return block
    }),
  )
}

/**
 * MobileNet, version 2: a 3×3 convolution of 32 channels and step 2, seventeen inverted residual blocks, a 1×1 convolution
 * of 1280 channels, global average pooling, dropout 0.2, classes; the activation is ReLU6. `[N, inChannels, H, W]` to logits
 * `[N, numClasses]`; 3 channels and 1000 classes by default, then 3,504,872 parameters with torchvision's names, shapes and
 * initial distribution. With the `cifar` stem the first convolution and the second stage keep the size.
 *
 * Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.
 *
 * ```ts
 * const model = models.mobileNetV2({ numClasses: 10, stem: 'cifar' })
 * ```
 *
 * @throws {RangeError} when an option is unknown or out of range.
 */
export function mobileNetV2(options: MobileNetV2Options = {}): nn.Sequential {
  const op = 'mobileNetV2'
  checkOptions(op, options, [...IMAGE_OPTIONS, 'stem'])
  const { inChannels = 3, numClasses = 1000, imageSize: _, stem, activation = 'relu6', ...rest } = options
  const layers: LayerChoice = { ...rest, activation }
  const small = isSmallStem(op, { stem })
  const model = new nn.Sequential({
    features: new nn.Sequential(
      new nn.Conv2dNormActivation(inChannels, STEM, 3, { ...layers, stride: small ? 1 : 2 }),
      ...blocks(small, layers),
      new nn.Conv2dNormActivation(STAGES[STAGES.length - 1][1], LAST, 1, layers),
    ),
    avgpool: new nn.AdaptiveAvgPool2d(1),
    flatten: new nn.Flatten(),
    classifier: new nn.Sequential(new nn.Dropout({ p: 0.2 }), new nn.Linear(LAST, numClasses)),
  })
  initialize(model, 0.01)
  return model
}
