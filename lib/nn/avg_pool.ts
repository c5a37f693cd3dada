import {
  AVG_POOL_OPTIONS,
  AVG_POOL1D_OPTIONS,
  type AvgPool1dOptions,
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  checkDivisor,
} from '../ops/avg_pool.ts'
import { poolSettings } from '../ops/pool_problem.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { markClean } from './containers.ts'
import { Module } from './module.ts'
import { repr } from './repr.ts'

export type { AvgPool1dOptions, AvgPoolOptions }

type Pooling = (input: Tensor, kernelSize: AxisSizes, options: AvgPoolOptions) => Tensor

/** What the average poolings of all numbers of dimensions share. */
abstract class AvgPool extends Module {
  readonly kernelSize: AxisSizes
  readonly options: Readonly<AvgPoolOptions>
  private readonly pooling: Pooling

  constructor(op: string, rank: number, pooling: Pooling, kernelSize: AxisSizes, options: AvgPoolOptions) {
    super()
    checkOptions(op, options, rank === 1 ? AVG_POOL1D_OPTIONS : AVG_POOL_OPTIONS)
    checkDivisor(op, options.divisorOverride)
    poolSettings(op, rank, kernelSize, options)
    this.kernelSize = kernelSize
    this.options = { ...options, stride: options.stride ?? kernelSize, padding: options.padding ?? 0 }
    this.pooling = pooling
  }

  override forward(input: Tensor): Tensor {
    return this.pooling(input, this.kernelSize, this.options)
  }

  override extraRepr(): string {
    const { stride, padding } = this.options
    return `kernel_size=${repr(this.kernelSize)}, stride=${repr(stride)}, padding=${repr(padding)}`
  }
}

/**
 * 1-D average pooling of `[N, C, L]` or `[C, L]`; see `functional.avgPool1d`.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: AxisSizes, options: AvgPool1dOptions = {}) {
    super('AvgPool1d', 1, avgPool1d, kernelSize, options)
  }

  /** PyTorch makes lists of all numbers here, and only here. */
  override extraRepr(): string {
    const { stride, padding } = this.options
    const [size, step, ends] = [this.kernelSize, stride, padding].map((value) => repr([value].flat()))
    return `kernel_size=${size}, stride=${step}, padding=${ends}`
  }
}

/**
 * 2-D average pooling of `[N, C, H, W]` or `[C, H, W]`; see `functional.avgPool2d`.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: AxisSizes, options: AvgPoolOptions = {}) {
    super('AvgPool2d', 2, avgPool2d, kernelSize, options)
  }
}

/**
 * 3-D average pooling of `[N, C, D, H, W]` or `[C, D, H, W]`; see `functional.avgPool3d`.
 *
 * @throws {RangeError} when an option is fractional or out of range.
 */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: AxisSizes, options: AvgPoolOptions = {}) {
    super('AvgPool3d', 3, avgPool3d, kernelSize, options)
  }
}

markClean(AvgPool1d, AvgPool2d, AvgPool3d)
