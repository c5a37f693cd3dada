import * as nn from '../nn/index.ts'
import { type ImageModelOptions, pooledArea } from './options.ts'

/**
 * A perceptron with hidden layers of 128 and 64, each with batch normalization, ReLU and dropout 0.2. `[N, inChannels, H, W]`
 * or `[N, features]` to logits `[N, classes]`.
 *
 * @example
 * const model = mlp()
 * const logits = model.forward(images)
 */
export function mlp({ inChannels = 1, classes = 10, imageSize = 28 }: ImageModelOptions = {}): nn.Sequential {
  return new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(inChannels * pooledArea(imageSize, 0), 128),
    new nn.BatchNorm1d(128),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(128, 64),
    new nn.BatchNorm1d(64),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(64, classes),
  )
}
