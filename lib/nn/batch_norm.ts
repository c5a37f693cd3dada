import { backend } from '../kernels/select.ts'
import { type Behind, batchNormThen } from '../ops/batch_norm.ts'
import { fromArray } from '../ops/integer.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkInteger, checkNonNegative, checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { markClean } from './containers.ts'
import { registerNorms } from './fusion.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

export interface BatchNormOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Share of the new value in the running statistics, 0.1 by default; null for the average over all batches. */
  momentum?: number | null
  /** Whether there are a weight and a bias per channel, `true` by default. */
  affine?: boolean
  /** Whether statistics are kept for evaluation, `true` by default; without them every batch is normalised by its own. */
  trackRunningStats?: boolean
}

const OPTIONS = ['eps', 'momentum', 'affine', 'trackRunningStats']

/** What the batch norms of all numbers of dimensions share. */
class BatchNorm extends Module {
  readonly numFeatures: number
  readonly eps: number
  readonly momentum: number | null
  weight: Parameter | null
  bias: Parameter | null
  declare runningMean: Tensor | null
  declare runningVar: Tensor | null
  declare numBatchesTracked: Tensor | null

  constructor(name: string, numFeatures: number, options: BatchNormOptions) {
    super()
    checkOptions(name, options, OPTIONS)
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options
    this.numFeatures = checkInteger(name, 'numFeatures', numFeatures, 1)
    this.eps = checkNonNegative(name, 'eps', eps)
    this.momentum = momentum === null ? null : checkFinite(name, 'momentum', momentum)
    const row = (): Tensor => untracked(() => emptyTensor([numFeatures], 'float32'))
    this.weight = affine ? ownParameter(row()) : null
    this.bias = affine ? ownParameter(row()) : null
    if (this.weight !== null) init.ones(this.weight)
    if (this.bias !== null) init.zeros(this.bias)
    const count = untracked(() => fromArray(BigInt64Array.of(0n), [], 'int64'))
    this.registerBuffer('runningMean', trackRunningStats ? init.zeros(row()) : null, { key: 'running_mean' })
    this.registerBuffer('runningVar', trackRunningStats ? init.ones(row()) : null, { key: 'running_var' })
    this.registerBuffer('numBatchesTracked', trackRunningStats ? count : null, { key: 'num_batches_tracked' })
  }

  override forward(input: Tensor): Tensor {
    return this.forwardThen(input, { residual: null, relu: false })
  }

  /** `forward` and what follows it in the same pass over memory: `relu(forward(input) + residual)`. */
  forwardThen(input: Tensor, behind: Behind): Tensor {
    this.checkInput(input)
    const { runningMean, runningVar, weight, bias, eps } = this
    // Without running statistics a batch's own are used in evaluation too.
    const training = this.training || runningMean === null || runningVar === null
    const tracked = this.training ? this.numBatchesTracked : null
    const count = tracked === null ? 0n : readCount(tracked) + 1n
    const momentum = this.momentum ?? (tracked === null ? 0 : 1 / Number(count))
    const options = { weight, bias, training, momentum, eps }
    const output = batchNormThen(input, runningMean, runningVar, options, behind)
    if (tracked !== null) writeCount(tracked, count)
    return output
  }

  /** Checks the input's number of dimensions; each subclass has its own. */
  protected checkInput(_input: Tensor): void {}

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this
    return (
      `${numFeatures}, eps=${repr(eps)}, momentum=${repr(momentum)}, affine=${repr(weight !== null)}, ` +
      `track_running_stats=${repr(runningMean !== null)}`
    )
  }
}

function readCount({ storage, offset }: Tensor): bigint {
  const count = new BigInt64Array(1)
  backend().read(storage.block, offset * count.BYTES_PER_ELEMENT, count)
  return count[0]
}

function writeCount({ storage, offset }: Tensor, count: bigint): void {
  const value = BigInt64Array.of(count)
  backend().write(storage.block, offset * value.BYTES_PER_ELEMENT, value)
  storage.version++
}

function checkDims(name: string, input: Tensor, allowed: readonly number[], form: string): void {
  if (allowed.includes(input.ndim)) return
  throw new ShapeError(
    `${name}: expected input ${form}, got ${input.ndim} dimensions; input ${formatShape(input.shape)}`,
  )
}

/** Batch normalization of `[N, C]` or `[N, C, L]`; see `functional.batchNorm`. */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm1d', numFeatures, options)
  }

  protected override checkInput(input: Tensor): void {
    checkDims('BatchNorm1d', input, [2, 3], '[N, C] or [N, C, L]')
  }
}

/** Batch normalization of images `[N, C, H, W]`; see `functional.batchNorm`. */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm2d', numFeatures, options)
  }

  protected override checkInput(input: Tensor): void {
    checkDims('BatchNorm2d', input, [4], '[N, C, H, W]')
  }
}

/** Batch normalization of volumes `[N, C, D, H, W]`; see `functional.batchNorm`. */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm3d', numFeatures, options)
  }

  protected override checkInput(input: Tensor): void {
    checkDims('BatchNorm3d', input, [5], '[N, C, D, H, W]')
  }
}

markClean(BatchNorm1d, BatchNorm2d, BatchNorm3d)
registerNorms(BatchNorm1d, BatchNorm2d, BatchNorm3d)
