import * as nn from '../nn/index.ts'
import { type ImageModelOptions, pooledArea } from './options.ts'

/**
 * LeNet-5 in the form that is common today: convolution 20 (5×5, padding 2), ReLU, max pooling 2; convolution 50, ReLU,
 * max pooling 2; 500, ReLU, classes. `[N, inChannels, H, W]` to logits `[N, classes]`.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998, with the
 * widths of Caffe's example and its average pooling and sigmoids replaced by max pooling and ReLU.
 *
 * @throws {RangeError} when the images are smaller than 4×4.
 *
 * @example
 * const model = leNet5()
 * const logits = model.forward(images)
 */
export function leNet5({ inChannels = 1, classes = 10, imageSize = 28 }: ImageModelOptions = {}): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(inChannels, 20, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(20, 50, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(50 * pooledArea(imageSize, 2), 500),
    new nn.ReLU(),
    new nn.Linear(500, classes),
  )
}
