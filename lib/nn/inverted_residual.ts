import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { markCleanBlock, Sequential } from './containers.ts'
import { Conv2d } from './conv2d.ts'
import { Conv2dNormActivation } from './conv2d_norm_activation.ts'
import { LAYER_CHOICES, type LayerChoice, makeNorm } from './layer_choice.ts'
import { Module } from './module.ts'
import { residual } from './residual.ts'

export interface InvertedResidualOptions extends LayerChoice {
  /** Step of the depthwise convolution, 1 by default. */
  stride?: number
  /** Channels inside for each one of the input, 6 by default; with 1 there is no first convolution. */
  expandRatio?: number
}

const OPTIONS = ['stride', 'expandRatio', ...LAYER_CHOICES]

/**
 * A 1×1 convolution to `expandRatio` times the channels, a depthwise 3×3 one, both with norm and activation (`relu6` by
 * default), and a 1×1 convolution to the output's channels with a norm alone; all inside `conv`. Where the shape stays, the
 * input is added. Names are those of torchvision's block.
 *
 * ```ts
 * new nn.InvertedResidual(24, 32, { stride: 2 })
 * ```
 *
 * Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.
 *
 * @throws {RangeError} when a number is fractional or out of range, or a name is none.
 */
export class InvertedResidual extends Module {
  conv: Module
  /** Whether the input is added. */
  readonly adds: boolean

  constructor(inChannels: number, outChannels: number, options: InvertedResidualOptions = {}) {
    super()
    const op = 'InvertedResidual'
    checkOptions(op, options, OPTIONS)
    const { stride = 1, expandRatio = 6, ...rest } = options
    const layers: LayerChoice = { ...rest, activation: rest.activation ?? 'relu6' }
    checkInteger(op, 'inChannels', inChannels, 1)
    checkInteger(op, 'stride', stride, 1)
    const inner = inChannels * checkInteger(op, 'expandRatio', expandRatio, 1)
    this.conv = new Sequential(
      ...(expandRatio === 1 ? [] : [new Conv2dNormActivation(inChannels, inner, 1, layers)]),
      new Conv2dNormActivation(inner, inner, 3, { ...layers, stride, groups: inner }),
      new Conv2d(inner, outChannels, 1, { bias: false }),
      makeNorm(op, outChannels, layers),
    )
    this.adds = stride === 1 && inChannels === outChannels
  }

  override forward(input: Tensor): Tensor {
    const { conv } = this
    if (!this.adds) return conv.forward(input)
    // A sequence without hooks of its own is run module by module, so that its last norm and the sum can be one pass.
    const plain = conv instanceof Sequential && conv.forward === Sequential.prototype.forward
    const modules = plain ? conv.children() : [conv]
    const norm = plain ? (modules.pop() as Module) : null
    return residual(input, { branch: modules, norm, shortcut: null, activation: null, normFirst: true })
  }
}

markCleanBlock(InvertedResidual)
