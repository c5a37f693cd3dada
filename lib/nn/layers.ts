import { relu } from '../ops/relu.ts'
import { flatten, unflatten } from '../ops/views.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import type { Shape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import { registerRectifiers } from './fusion.ts'
import { Module } from './module.ts'
import { repr } from './repr.ts'

/** Returns its input. */
export class Identity extends Module {
  override forward(input: Tensor): Tensor {
    return input
  }
}

/** Joins the dimensions from `startDim` (1 by default) to `endDim` (−1), so that the batch stays. */
export class Flatten extends Module {
  readonly startDim: number
  readonly endDim: number

  constructor({ startDim = 1, endDim = -1 }: { startDim?: number; endDim?: number } = {}) {
    super()
    this.startDim = checkInteger('Flatten', 'startDim', startDim, Number.MIN_SAFE_INTEGER)
    this.endDim = checkInteger('Flatten', 'endDim', endDim, Number.MIN_SAFE_INTEGER)
  }

  override forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim)
  }

  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`
  }
}

/** Splits dimension `dim` into several of the given sizes, one of which may be −1. */
export class Unflatten extends Module {
  readonly dim: number
  readonly sizes: Shape

  constructor(dim: number, sizes: Shape) {
    super()
    this.dim = checkInteger('Unflatten', 'dim', dim, Number.MIN_SAFE_INTEGER)
    this.sizes = [...sizes]
  }

  override forward(input: Tensor): Tensor {
    return unflatten(input, this.dim, this.sizes)
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${repr(this.sizes)}`
  }
}

/** Rectified linear unit: `max(0, input)`. */
export class ReLU extends Module {
  override forward(input: Tensor): Tensor {
    return relu(input)
  }
}

markClean(Identity, Flatten, Unflatten, ReLU)
registerRectifiers(ReLU)
