import * as nn from '../nn/index.ts'
import { inOrder, makeActivation, makeRowNorm } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { areaBehind, IMAGE_OPTIONS, type ImageModelOptions } from './options.ts'

/**
 * A perceptron with hidden layers of 128 and 64, each with normalization, activation and dropout 0.2.
 * `[N, inChannels, H, W]` or `[N, features]` to logits `[N, numClasses]`; by default images of 1×28×28 and 10 classes,
 * then 109,770 parameters.
 *
 * ```ts
 * const model = models.mlp({ imageSize: 16 })
 * ```
 *
 * @throws {RangeError} when an option is unknown or out of range.
 */
export function mlp(options: ImageModelOptions = {}): nn.Sequential {
  checkOptions('mlp', options, IMAGE_OPTIONS)
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  const hidden = (inFeatures: number, features: number): nn.Module[] => [
    new nn.Linear(inFeatures, features),
    ...inOrder('mlp', makeRowNorm('mlp', features, layers), makeActivation('mlp', layers), layers),
    new nn.Dropout({ p: 0.2 }),
  ]
  const features = inChannels * areaBehind('mlp', imageSize, (side) => side)
  return new nn.Sequential(
    new nn.Flatten(),
    ...hidden(features, 128),
    ...hidden(128, 64),
    new nn.Linear(64, numClasses),
  )
}
