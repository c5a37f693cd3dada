import * as nn from '../nn/index.ts'
import { makeActivation } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { areaBehind, halved, type ImageModelOptions } from './options.ts'

/** {@link ImageModelOptions} of a network without normalization. */
export type LeNet5Options = Omit<ImageModelOptions, 'normLayer' | 'normOrder'>

/**
 * LeNet-5 in the form that is common today: convolution 20 (5×5, padding 2), ReLU, max pooling 2; convolution 50, ReLU,
 * max pooling 2; 500, ReLU, classes. `[N, inChannels, H, W]` to logits `[N, numClasses]`; by default images of 1×28×28
 * and 10 classes.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998, with the
 * widths of Caffe's example and its average pooling and sigmoids replaced by max pooling and ReLU.
 *
 * ```ts
 * const model = models.leNet5({ imageSize: [32, 24], numClasses: 5 })
 * ```
 *
 * @throws {RangeError} when the images are smaller than 4×4, or an option is unknown or out of range.
 */
export function leNet5(options: LeNet5Options = {}): nn.Sequential {
  checkOptions('leNet5', options, ['inChannels', 'numClasses', 'imageSize', 'activation'])
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  const activation = (): nn.Module => makeActivation('leNet5', layers)
  const model = new nn.Sequential(
    new nn.Conv2d(inChannels, 20, 5, { padding: 2 }),
    activation(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(20, 50, 5, { padding: 2 }),
    activation(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(50 * areaBehind('leNet5', imageSize, (side) => halved(side, 2)), 500),
    activation(),
    new nn.Linear(500, numClasses),
  )
  return nn.silenceLint(model, 'dominant-linear', 'the architecture as published')
}
