import * as nn from '../nn/index.ts'
import { inOrder, makeActivation, makeNorm } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { initialize } from './initialize.ts'
import { areaBehind, halved, IMAGE_OPTIONS, type ImageModelOptions, isSmallStem, type StemOptions } from './options.ts'

export interface Vgg11BnOptions extends ImageModelOptions, StemOptions {}

/** Channels of the convolutions between poolings. */
const STAGES = [[64], [128], [256, 256], [512, 512], [512, 512]]
const CHANNELS = 512
/** Side of the planes that the large classifier sees, and its width. */
const SIDE = 7
const HIDDEN = 4096

/**
 * VGG-11 with batch normalization: eight 3×3 convolutions with bias in five stages, each followed by max pooling 2, then
 * average pooling to 7×7 and three linear layers with dropout 0.5. `[N, inChannels, H, W]` to logits `[N, numClasses]`;
 * 3 channels and 1000 classes by default, then 132,868,840 parameters with torchvision's names, shapes and initial
 * distribution. For `cifar` the pooling is global and the classifier one linear layer; the five poolings stay.
 *
 * Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015; Ioffe and
 * Szegedy, "Batch Normalization", 2015.
 *
 * ```ts
 * const model = models.vgg11Bn({ numClasses: 10, stem: 'cifar' })
 * ```
 *
 * @throws {RangeError} when the images are smaller than 32×32, or an option is unknown or out of range.
 */
export function vgg11Bn(options: Vgg11BnOptions = {}): nn.Sequential {
  const op = 'vgg11Bn'
  checkOptions(op, options, [...IMAGE_OPTIONS, 'stem'])
  const { inChannels = 3, numClasses = 1000, imageSize = 224, stem, ...layers } = options
  areaBehind(op, imageSize, (side) => halved(side, STAGES.length))
  const small = isSmallStem(op, { stem })
  let from = inChannels
  const stages = STAGES.flatMap((widths) => [
    ...widths.flatMap((channels) => {
      const conv = new nn.Conv2d(from, channels, 3, { padding: 1 })
      from = channels
      return [conv, ...inOrder(op, makeNorm(op, channels, layers), makeActivation(op, layers), layers)]
    }),
    new nn.MaxPool2d(2),
  ])
  const hidden = (inFeatures: number): nn.Module[] => [
    new nn.Linear(inFeatures, HIDDEN),
    makeActivation(op, layers),
    new nn.Dropout(),
  ]
  const classifier = small
    ? [new nn.Linear(CHANNELS, numClasses)]
    : [...hidden(CHANNELS * SIDE * SIDE), ...hidden(HIDDEN), new nn.Linear(HIDDEN, numClasses)]
  const model = new nn.Sequential({
    features: new nn.Sequential(...stages),
    avgpool: new nn.AdaptiveAvgPool2d(small ? 1 : SIDE),
    flatten: new nn.Flatten(),
    classifier: new nn.Sequential(...classifier),
  })
  initialize(model, 0.01)
  nn.silenceLint(model, 'bias-before-norm', 'state dicts of this network have the biases')
  return nn.silenceLint(model, 'dominant-linear', 'the architecture as published')
}
