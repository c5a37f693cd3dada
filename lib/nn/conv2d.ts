import { type Conv2dOptions as ConvOptions, conv2d } from '../ops/conv2d.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions, type Pair, toPair } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { markClean } from './containers.ts'
import { resetWeights } from './linear.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

export interface Conv2dOptions extends ConvOptions {
  /** Whether a bias per output channel is added, `true` by default. */
  bias?: boolean
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'bias']

/**
 * 2-D convolution of `[N, C, H, W]` with `weight` `[outChannels, inChannels / groups, KH, KW]`; see `functional.conv2d`.
 *
 * Weight and bias start evenly from `±1 / √(inChannels / groups · KH · KW)`. The weight lies channels-last in memory.
 *
 * ```ts
 * new nn.Conv2d(3, 64, 3, { padding: 1, bias: false })
 * ```
 *
 * @throws {RangeError} when a number is fractional or out of range, or the channels do not fall into `groups`.
 */
export class Conv2d extends Module {
  weight: Parameter
  bias: Parameter | null
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly [number, number]
  readonly options: Required<ConvOptions>

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super()
    checkOptions('Conv2d', options, OPTIONS)
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options
    this.inChannels = checkInteger('Conv2d', 'inChannels', inChannels, 1)
    this.outChannels = checkInteger('Conv2d', 'outChannels', outChannels, 1)
    this.kernelSize = toPair('Conv2d', 'kernelSize', kernelSize, 1)
    checkInteger('Conv2d', 'groups', groups, 1)
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `Conv2d: expected inChannels and outChannels divisible by groups ${groups}, got ${inChannels} and ${outChannels}`,
      )
    }
    const steps = toPair('Conv2d', 'stride', stride, 1)
    this.options = {
      stride: steps,
      padding: checkPadding(padding, steps),
      dilation: toPair('Conv2d', 'dilation', dilation, 1),
      groups,
    }
    const shape = [outChannels, inChannels / groups, ...this.kernelSize]
    this.weight = untracked(() => ownParameter(emptyTensor(shape, 'float32', channelsLastStrides(shape))))
    this.bias = bias ? untracked(() => ownParameter(emptyTensor([outChannels], 'float32'))) : null
    resetWeights(this.weight, this.bias)
  }

  override forward(input: Tensor): Tensor {
    return conv2d(input, this.weight, this.bias, this.options)
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups } = this.options
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}`
    if (repr(padding) !== '(0, 0)') text += `, padding=${repr(padding)}`
    if (repr(dilation) !== '(1, 1)') text += `, dilation=${repr(dilation)}`
    if (groups !== 1) text += `, groups=${groups}`
    return this.bias === null ? `${text}, bias=False` : text
  }
}

function checkPadding(padding: Pair | 'same' | 'valid', stride: readonly number[]): Pair | 'same' | 'valid' {
  if (padding === 'valid') return padding
  if (padding !== 'same') return toPair('Conv2d', 'padding', padding as Pair, 0)
  if (stride.some((step) => step !== 1)) {
    throw new RangeError(`Conv2d: expected stride 1 with padding "same", got ${stride.join('x')}`)
  }
  return padding
}

markClean(Conv2d)
