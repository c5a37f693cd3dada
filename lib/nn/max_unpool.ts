import { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/max_unpool.ts'
import { poolSettings } from '../ops/pool_problem.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { Module } from './module.ts'
import { repr } from './repr.ts'

export type MaxUnpoolLayerOptions = Omit<MaxUnpoolOptions, 'outputSize'>

/** What `forward` of an unpooling takes beside the maxima and their indices. */
export type UnpooledSize = Pick<MaxUnpoolOptions, 'outputSize'>

type Unpooling = (input: Tensor, indices: Tensor, kernelSize: AxisSizes, options: MaxUnpoolOptions) => Tensor
type Inputs = [input: Tensor, indices: Tensor, options?: UnpooledSize]

/** What the unpoolings of all numbers of dimensions share. */
abstract class MaxUnpool extends Module<Inputs> {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  private readonly unpooling: Unpooling

  constructor(op: string, rank: number, unpooling: Unpooling, kernelSize: AxisSizes, options: MaxUnpoolLayerOptions) {
    super()
    checkOptions(op, options, ['stride', 'padding'])
    const settings = poolSettings(op, rank, kernelSize, options)
    this.kernelSize = settings.kernelSize
    this.stride = settings.stride
    this.padding = settings.padding
    this.unpooling = unpooling
  }

  override forward(input: Tensor, indices: Tensor, { outputSize }: UnpooledSize = {}): Tensor {
    const { stride, padding } = this
    return this.unpooling(input, indices, this.kernelSize, { stride, padding, outputSize })
  }

  override extraRepr(): string {
    return `kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, padding=${repr(this.padding)}`
  }
}

/** Undoes `MaxPool1d` with its indices, `forward(maxima, indices)`; see `functional.maxUnpool1d`. */
export class MaxUnpool1d extends MaxUnpool {
  constructor(kernelSize: AxisSizes, options: MaxUnpoolLayerOptions = {}) {
    super('MaxUnpool1d', 1, maxUnpool1d, kernelSize, options)
  }
}

/** Undoes `MaxPool2d` with its indices, `forward(maxima, indices)`; see `functional.maxUnpool2d`. */
export class MaxUnpool2d extends MaxUnpool {
  constructor(kernelSize: AxisSizes, options: MaxUnpoolLayerOptions = {}) {
    super('MaxUnpool2d', 2, maxUnpool2d, kernelSize, options)
  }
}

/** Undoes `MaxPool3d` with its indices, `forward(maxima, indices)`; see `functional.maxUnpool3d`. */
export class MaxUnpool3d extends MaxUnpool {
  constructor(kernelSize: AxisSizes, options: MaxUnpoolLayerOptions = {}) {
    super('MaxUnpool3d', 3, maxUnpool3d, kernelSize, options)
  }
}
