import { type MaxPoolOptions, maxPool1d, maxPool2d, maxPool3d, reluMaxPool } from '../ops/max_pool.ts'
import { poolSettings } from '../ops/pool_problem.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { markClean } from './containers.ts'
import { registerPools } from './fusion.ts'
import { Module } from './module.ts'
import { repr } from './repr.ts'

export type { MaxPoolOptions }

/** What a max pooling returns: the maxima or, with `returnIndices`, `[maxima, indices]`. */
export type Pooled<Indices extends boolean> = Indices extends true ? [Tensor, Tensor] : Tensor
/** Options that say whether indices are returned as well. */
export type Options<Indices extends boolean, All = MaxPoolOptions> = All & { returnIndices?: Indices }
type Pooling = (input: Tensor, kernelSize: AxisSizes, options: MaxPoolOptions) => Tensor | [Tensor, Tensor]

const OPTIONS = ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']

/** What the max poolings of all numbers of dimensions share. */
abstract class MaxPool<Indices extends boolean> extends Module<[input: Tensor], Pooled<Indices>> {
  readonly kernelSize: AxisSizes
  readonly options: Readonly<Required<MaxPoolOptions>>
  private readonly rank: number
  private readonly pooling: Pooling

  constructor(op: string, rank: number, pooling: Pooling, kernelSize: AxisSizes, options: MaxPoolOptions) {
    super()
    checkOptions(op, options, OPTIONS)
    poolSettings(op, rank, kernelSize, options)
    const { stride, padding = 0, dilation = 1, ceilMode = false, returnIndices = false } = options
    this.kernelSize = kernelSize
    this.options = { stride: stride ?? kernelSize, padding, dilation, ceilMode, returnIndices }
    this.rank = rank
    this.pooling = pooling
  }

  override forward(input: Tensor): Pooled<Indices> {
    return this.pooling(input, this.kernelSize, this.options) as Pooled<Indices>
  }

  /** `forward` of `relu(input)` as one op, without indices. */
  forwardRectified(input: Tensor): Tensor {
    return reluMaxPool(this.rank, input, this.kernelSize, this.options)
  }

  override extraRepr(): string {
    const { stride, padding, dilation, ceilMode } = this.options
    return (
      `kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}, padding=${repr(padding)}, ` +
      `dilation=${repr(dilation)}, ceil_mode=${repr(ceilMode)}`
    )
  }
}

/**
 * 1-D max pooling of `[N, C, L]` or `[C, L]`; see `functional.maxPool1d`. With `returnIndices` its forward returns
 * `[maxima, indices]`, as {@link MaxUnpool1d} wants them.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class MaxPool1d<Indices extends boolean = false> extends MaxPool<Indices> {
  constructor(kernelSize: AxisSizes, options: Options<Indices> = {}) {
    super('MaxPool1d', 1, maxPool1d, kernelSize, options)
  }
}

/**
 * 2-D max pooling of `[N, C, H, W]` or `[C, H, W]`; see `functional.maxPool2d`. With `returnIndices` its forward returns
 * `[maxima, indices]`, as {@link MaxUnpool2d} wants them.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class MaxPool2d<Indices extends boolean = false> extends MaxPool<Indices> {
  constructor(kernelSize: AxisSizes, options: Options<Indices> = {}) {
    super('MaxPool2d', 2, maxPool2d, kernelSize, options)
  }
}

/**
 * 3-D max pooling of `[N, C, D, H, W]` or `[C, D, H, W]`; see `functional.maxPool3d`. With `returnIndices` its forward
 * returns `[maxima, indices]`, as {@link MaxUnpool3d} wants them.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class MaxPool3d<Indices extends boolean = false> extends MaxPool<Indices> {
  constructor(kernelSize: AxisSizes, options: Options<Indices> = {}) {
    super('MaxPool3d', 3, maxPool3d, kernelSize, options)
  }
}

markClean(MaxPool1d, MaxPool2d, MaxPool3d)
registerPools(MaxPool1d, MaxPool2d, MaxPool3d)
