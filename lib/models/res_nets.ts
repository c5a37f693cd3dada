import * as nn from '../nn/index.ts'
import { ResNet, type ResNetOptions, type ResNetPlan } from './res_net.ts'

function basic(name: string, blocks: readonly number[]): ResNetPlan {
  return { name, blocks, expansion: 1, block: (...args) => new nn.ResidualBlock(...args) }
}

function bottleneck(
  name: string,
  blocks: readonly number[],
  width: { groups?: number; widthPerGroup?: number } = {},
): ResNetPlan {
  return {
    name,
    blocks,
    expansion: nn.BottleneckBlock.expansion,
    block: (inChannels, channels, options) => new nn.BottleneckBlock(inChannels, channels, { ...options, ...width }),
  }
}

/**
 * ResNet-18: stages of 2, 2, 2 and 2 residual blocks. `[N, inChannels, H, W]` to logits `[N, numClasses]`; 3 channels and
 * 1000 classes by default, then 11,689,512 parameters with torchvision's names, shapes and initial distribution.
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016.
 *
 * ```ts
 * const model = models.resNet18({ numClasses: 10, stem: 'cifar' }) // for images of 32×32
 * ```
 *
 * @throws {RangeError} when an option is unknown or out of range.
 */
export function resNet18(options: ResNetOptions = {}): ResNet {
  return new ResNet(basic('resNet18', [2, 2, 2, 2]), options)
}

/** ResNet-34: stages of 3, 4, 6 and 3 residual blocks, 21,797,672 parameters; otherwise as {@link resNet18}. */
export function resNet34(options: ResNetOptions = {}): ResNet {
  return new ResNet(basic('resNet34', [3, 4, 6, 3]), options)
}

/** ResNet-50: stages of 3, 4, 6 and 3 bottleneck blocks, 25,557,032 parameters; otherwise as {@link resNet18}. */
export function resNet50(options: ResNetOptions = {}): ResNet {
  return new ResNet(bottleneck('resNet50', [3, 4, 6, 3]), options)
}

/**
 * ResNeXt-50 32×4d: {@link resNet50} with 3×3 convolutions of 32 groups of 4 channels, 25,028,904 parameters.
 *
 * Source: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2017.
 */
export function resNeXt50_32x4d(options: ResNetOptions = {}): ResNet {
  return new ResNet(bottleneck('resNeXt50_32x4d', [3, 4, 6, 3], { groups: 32, widthPerGroup: 4 }), options)
}

/**
 * SE-ResNet-18: {@link resNet18} whose blocks weigh their channels by squeeze and excitation, with a 16th of the channels
 * inside; 11,778,592 parameters.
 *
 * Source: Hu et al., "Squeeze-and-Excitation Networks", 2018.
 */
export function seResNet18(options: ResNetOptions = {}): ResNet {
  const plan = basic('seResNet18', [2, 2, 2, 2])
  const block: ResNetPlan['block'] = (inChannels, channels, settings) =>
    new nn.ResidualBlock(inChannels, channels, { ...settings, squeezeChannels: channels / 16 })
  return new ResNet({ ...plan, block }, options)
}
