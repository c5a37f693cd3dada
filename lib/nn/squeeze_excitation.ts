import '../ops/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { AdaptiveAvgPool2d } from './adaptive_pool.ts'
import { isClean, markCleanBlock, runThrough } from './containers.ts'
import { Conv2d } from './conv2d.ts'
import { type ActivationLayer, makeActivation } from './layer_choice.ts'
import { Module } from './module.ts'

/** The two functions of a {@link SqueezeExcitation}. */
export interface SqueezeExcitationOptions {
  /** The activation between the two convolutions, `relu` by default. */
  activation?: ActivationLayer
  /** The activation that makes the factors, `sigmoid` by default. */
  scaleActivation?: ActivationLayer
}

/**
 * Weighs each channel by a factor that is computed from the means of all:
 *
 * `output[n, c] = input[n, c] · scaleActivation(fc2(activation(fc1(mean over h, w of input[n]))))[c]`
 *
 * `fc1` and `fc2` are 1×1 convolutions with bias to `squeezeChannels` and back. Names are those of torchvision's layer.
 *
 * ```ts
 * new nn.SqueezeExcitation(64, 4)
 * ```
 *
 * Source: Hu et al., "Squeeze-and-Excitation Networks", 2018.
 *
 * @throws {RangeError} when a number of channels is no positive integer, or a name is none.
 */
export class SqueezeExcitation extends Module {
  avgpool: Module
  fc1: Module
  fc2: Module
  activation: Module
  scaleActivation: Module

  constructor(inChannels: number, squeezeChannels: number, options: SqueezeExcitationOptions = {}) {
    super()
    const op = 'SqueezeExcitation'
    checkOptions(op, options, ['activation', 'scaleActivation'])
    const { activation = 'relu', scaleActivation = 'sigmoid' } = options
    checkInteger(op, 'inChannels', inChannels, 1)
    checkInteger(op, 'squeezeChannels', squeezeChannels, 1)
    this.avgpool = new AdaptiveAvgPool2d(1)
    this.fc1 = new Conv2d(inChannels, squeezeChannels, 1)
    this.fc2 = new Conv2d(squeezeChannels, inChannels, 1)
    this.activation = makeActivation(op, { activation })
    this.scaleActivation = makeActivation(op, { activation: scaleActivation })
  }

  override forward(input: Tensor): Tensor {
    const { avgpool, fc1, activation, fc2, scaleActivation } = this
    const path = [avgpool, fc1, activation, fc2, scaleActivation]
    const scale = runThrough(path, input)
    const output = input.mul(scale)
    if (path.every(isClean)) scale.dispose()
    return output
  }
}

markCleanBlock(SqueezeExcitation)
