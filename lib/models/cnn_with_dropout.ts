import * as nn from '../nn/index.ts'
import { inOrder, makeActivation, makeNorm } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { areaBehind, halved, IMAGE_OPTIONS, type ImageModelOptions } from './options.ts'

/**
 * A small convolutional network: convolution 32 (3×3, padding 1), batch normalization, ReLU, max pooling 2; 128, ReLU,
 * dropout 0.5, classes. `[N, inChannels, H, W]` to logits `[N, numClasses]`; by default images of 1×28×28 and 10 classes.
 *
 * ```ts
 * const model = models.cnnWithDropout({ inChannels: 3, imageSize: 32 })
 * ```
 *
 * @throws {RangeError} when the images are smaller than 2×2, or an option is unknown or out of range.
 */
export function cnnWithDropout(options: ImageModelOptions = {}): nn.Sequential {
  const op = 'cnnWithDropout'
  checkOptions(op, options, IMAGE_OPTIONS)
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  const model = new nn.Sequential(
    new nn.Conv2d(inChannels, 32, 3, { padding: 1 }),
    ...inOrder(op, makeNorm(op, 32, layers), makeActivation(op, layers), layers),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * areaBehind(op, imageSize, (side) => halved(side, 1)), 128),
    makeActivation(op, layers),
    new nn.Dropout(),
    new nn.Linear(128, numClasses),
  )
  nn.silenceLint(model, 'bias-before-norm', 'state dicts of this network have the bias')
  return nn.silenceLint(model, 'dominant-linear', 'a network to show dropout in a wide layer')
}
