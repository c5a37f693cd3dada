import * as nn from '../nn/index.ts'
import { type ImageModelOptions, pooledArea } from './options.ts'

/**
 * A small convolutional network: convolution 32 (3×3, padding 1), batch normalization, ReLU, max pooling 2; 128, ReLU,
 * dropout 0.5, classes. `[N, inChannels, H, W]` to logits `[N, classes]`.
 *
 * @throws {RangeError} when the images are smaller than 2×2.
 *
 * @example
 * const model = cnnWithDropout({ inChannels: 3, imageSize: 32 })
 * const logits = model.forward(images)
 */
export function cnnWithDropout({
  inChannels = 1,
  classes = 10,
  imageSize = 28,
}: ImageModelOptions = {}): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(inChannels, 32, 3, { padding: 1 }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * pooledArea(imageSize, 1), 128),
    new nn.ReLU(),
    new nn.Dropout(),
    new nn.Linear(128, classes),
  )
}
