import * as nn from '../nn/index.ts'
import { inOrder, makeActivation, makeNorm, makeRowNorm } from '../nn/layer_choice.ts'
import { checkOptions } from '../util/check.ts'
import { areaBehind, halved, IMAGE_OPTIONS, type ImageModelOptions } from './options.ts'

/** Hidden layers of 120 and 84 without bias, each with normalization and activation, and the classes. */
function head(op: string, inFeatures: number, numClasses: number, layers: ImageModelOptions): nn.Module[] {
  const hidden = (from: number, features: number): nn.Module[] => [
    new nn.Linear(from, features, { bias: false }),
    ...inOrder(op, makeRowNorm(op, features, layers), makeActivation(op, layers), layers),
  ]
  return [new nn.Flatten(), ...hidden(inFeatures, 120), ...hidden(120, 84), new nn.Linear(84, numClasses)]
}

/** A convolution without bias, normalization and activation. */
function convolution(
  op: string,
  inChannels: number,
  channels: number,
  kernelSize: number,
  padding: number,
  layers: ImageModelOptions,
): nn.Module[] {
  return [
    new nn.Conv2d(inChannels, channels, kernelSize, { padding, bias: false }),
    ...inOrder(op, makeNorm(op, channels, layers), makeActivation(op, layers), layers),
  ]
}

/**
 * LeNet-5 as it was published, with batch normalization: convolution 6 (5×5, padding 2), max pooling 2; convolution 16
 * (5×5), max pooling 2; 120, 84, classes. Every layer but the last has no bias and is followed by batch normalization
 * and ReLU. `[N, inChannels, H, W]` to logits `[N, numClasses]`; by default images of 1×28×28 and 10 classes.
 *
 * Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, with ReLU and max pooling in
 * place of sigmoids and average pooling; Ioffe and Szegedy, "Batch Normalization", 2015.
 *
 * ```ts
 * const model = models.bnLeNet({ inChannels: 3, imageSize: 32 })
 * ```
 *
 * @throws {RangeError} when the images are smaller than 12×12, or an option is unknown or out of range.
 */
export function bnLeNet(options: ImageModelOptions = {}): nn.Sequential {
  const op = 'bnLeNet'
  checkOptions(op, options, IMAGE_OPTIONS)
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  const area = areaBehind(op, imageSize, (side) => halved(halved(side, 1) - 4, 1))
  return new nn.Sequential(
    ...convolution(op, inChannels, 6, 5, 2, layers),
    new nn.MaxPool2d(2),
    ...convolution(op, 6, 16, 5, 0, layers),
    new nn.MaxPool2d(2),
    ...head(op, 16 * area, numClasses, layers),
  )
}

/**
 * {@link bnLeNet} whose two convolutions are residual blocks of two 5×5 convolutions each, with padding 2 and a 1×1
 * projection, since the channels change. `[N, inChannels, H, W]` to logits `[N, numClasses]`; by default images of
 * 1×28×28 and 10 classes.
 *
 * ```ts
 * const model = models.bnResLeNet()
 * ```
 *
 * @throws {RangeError} when the images are smaller than 4×4, or an option is unknown or out of range.
 */
export function bnResLeNet(options: ImageModelOptions = {}): nn.Sequential {
  const op = 'bnResLeNet'
  checkOptions(op, options, IMAGE_OPTIONS)
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  return new nn.Sequential(
    new nn.ResidualBlock(inChannels, 6, { ...layers, kernelSize: 5 }),
    new nn.MaxPool2d(2),
    new nn.ResidualBlock(6, 16, { ...layers, kernelSize: 5 }),
    new nn.MaxPool2d(2),
    ...head(op, 16 * areaBehind(op, imageSize, (side) => halved(side, 2)), numClasses, layers),
  )
}

/**
 * A small residual network: three stages of 16, 32 and 64 channels, each a 3×3 convolution without bias, batch
 * normalization, ReLU, a residual block and max pooling 2; then 120 and 84 without bias, with batch normalization and
 * ReLU, and the classes. `[N, inChannels, H, W]` to logits `[N, numClasses]`; by default images of 1×28×28 and 10 classes.
 *
 * ```ts
 * const model = models.bnLeNetResBlock({ inChannels: 3, imageSize: 32 })
 * ```
 *
 * @throws {RangeError} when the images are smaller than 8×8, or an option is unknown or out of range.
 */
export function bnLeNetResBlock(options: ImageModelOptions = {}): nn.Sequential {
  const op = 'bnLeNetResBlock'
  checkOptions(op, options, IMAGE_OPTIONS)
  const { inChannels = 1, numClasses = 10, imageSize = 28, ...layers } = options
  const stages = [16, 32, 64].flatMap((channels, i, widths) => [
    ...convolution(op, i === 0 ? inChannels : widths[i - 1], channels, 3, 1, layers),
    new nn.ResidualBlock(channels, channels, layers),
    new nn.MaxPool2d(2),
  ])
  const area = areaBehind(op, imageSize, (side) => halved(side, 3))
  return new nn.Sequential(...stages, ...head(op, 64 * area, numClasses, layers))
}
