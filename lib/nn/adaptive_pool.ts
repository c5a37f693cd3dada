import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, globalAvgPool } from '../ops/adaptive_avg_pool.ts'
import {
  ADAPTIVE_MAX_POOL_OPTIONS,
  type AdaptiveMaxPoolOptions,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalMaxPool,
} from '../ops/adaptive_max_pool.ts'
import { type OutputSize, toOutputSize } from '../ops/adaptive_problem.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { markClean } from './containers.ts'
import type { Options, Pooled } from './max_pool.ts'
import { Module } from './module.ts'
import { repr } from './repr.ts'

export type { OutputSize }

/** What the adaptive poolings share. */
abstract class AdaptivePool<Output> extends Module<[input: Tensor], Output> {
  readonly outputSize: OutputSize

  constructor(op: string, rank: number, outputSize: OutputSize) {
    super()
    toOutputSize(op, rank, outputSize)
    this.outputSize = outputSize
  }

  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}`
  }
}

/** 1-D average pooling of `[N, C, L]` or `[C, L]` to a given length; see `functional.adaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends AdaptivePool<Tensor> {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool1d', 1, outputSize)
  }

  override forward(input: Tensor): Tensor {
    return adaptiveAvgPool1d(input, this.outputSize)
  }
}

/** 2-D average pooling of `[N, C, H, W]` or `[C, H, W]` to a given size; see `functional.adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptivePool<Tensor> {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool2d', 2, outputSize)
  }

  override forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize)
  }
}

/** 3-D average pooling of `[N, C, D, H, W]` or `[C, D, H, W]` to a given size; see `functional.adaptiveAvgPool3d`. */
export class AdaptiveAvgPool3d extends AdaptivePool<Tensor> {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool3d', 3, outputSize)
  }

  override forward(input: Tensor): Tensor {
    return adaptiveAvgPool3d(input, this.outputSize)
  }
}

type MaxPooling = (input: Tensor, outputSize: OutputSize, options: AdaptiveMaxPoolOptions) => Tensor | [Tensor, Tensor]

/** What the adaptive max poolings share. */
abstract class AdaptiveMaxPool<Indices extends boolean> extends AdaptivePool<Pooled<Indices>> {
  readonly returnIndices: boolean
  private readonly pooling: MaxPooling

  constructor(op: string, rank: number, pooling: MaxPooling, outputSize: OutputSize, options: AdaptiveMaxPoolOptions) {
    super(op, rank, outputSize)
    checkOptions(op, options, ADAPTIVE_MAX_POOL_OPTIONS)
    this.returnIndices = options.returnIndices ?? false
    this.pooling = pooling
  }

  override forward(input: Tensor): Pooled<Indices> {
    return this.pooling(input, this.outputSize, { returnIndices: this.returnIndices }) as Pooled<Indices>
  }
}

/** 1-D max pooling of `[N, C, L]` or `[C, L]` to a given length; see `functional.adaptiveMaxPool1d`. */
export class AdaptiveMaxPool1d<Indices extends boolean = false> extends AdaptiveMaxPool<Indices> {
  constructor(outputSize: OutputSize, options: Options<Indices, AdaptiveMaxPoolOptions> = {}) {
    super('AdaptiveMaxPool1d', 1, adaptiveMaxPool1d, outputSize, options)
  }
}

/** 2-D max pooling of `[N, C, H, W]` or `[C, H, W]` to a given size; see `functional.adaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d<Indices extends boolean = false> extends AdaptiveMaxPool<Indices> {
  constructor(outputSize: OutputSize, options: Options<Indices, AdaptiveMaxPoolOptions> = {}) {
    super('AdaptiveMaxPool2d', 2, adaptiveMaxPool2d, outputSize, options)
  }
}

/** 3-D max pooling of `[N, C, D, H, W]` or `[C, D, H, W]` to a given size; see `functional.adaptiveMaxPool3d`. */
export class AdaptiveMaxPool3d<Indices extends boolean = false> extends AdaptiveMaxPool<Indices> {
  constructor(outputSize: OutputSize, options: Options<Indices, AdaptiveMaxPoolOptions> = {}) {
    super('AdaptiveMaxPool3d', 3, adaptiveMaxPool3d, outputSize, options)
  }
}

/** Mean of every plane, `[N, C, …]` to `[N, C, 1, …]`; see `functional.globalAvgPool`. */
export class GlobalAvgPool extends Module {
  override forward(input: Tensor): Tensor {
    return globalAvgPool(input)
  }
}

/** Maximum of every plane, `[N, C, …]` to `[N, C, 1, …]`; see `functional.globalMaxPool`. */
export class GlobalMaxPool extends Module {
  override forward(input: Tensor): Tensor {
    return globalMaxPool(input)
  }
}

markClean(AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, GlobalAvgPool)
markClean(AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d, GlobalMaxPool)
