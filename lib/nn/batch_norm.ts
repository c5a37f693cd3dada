import { type Behind, batchNormThen } from '../ops/batch_norm.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { markClean } from './containers.ts'
import { registerNorms } from './fusion.ts'
import { checkDims, NormBase } from './norm_base.ts'

/** What a batch norm layer keeps and learns beside the normalization itself. */
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

/** Numbers of dimensions that a batch norm takes, and how they are written. */
interface Form {
  dims: readonly number[]
  form: string
}

const FORM_1D: Form = { dims: [2, 3], form: '[N, C] or [N, C, L]' }
const FORM_2D: Form = { dims: [4], form: '[N, C, H, W]' }
const FORM_3D: Form = { dims: [5], form: '[N, C, D, H, W]' }

/** What the batch norms of all numbers of dimensions share. */
export class BatchNorm extends NormBase {
  private readonly kind: string
  private readonly form: Form

  constructor(name: string, numFeatures: number | null, options: BatchNormOptions, form: Form) {
    super(name, numFeatures, options, { affine: true, trackRunningStats: true })
    this.kind = name
    this.form = form
  }

  override forward(input: Tensor): Tensor {
    return this.forwardThen(input, { residual: null, relu: false })
  }

  /** `forward` and what follows it in the same pass over memory: `relu(forward(input) + residual)`. */
  forwardThen(input: Tensor, behind: Behind): Tensor {
    checkDims(this.kind, input, this.form.dims, this.form.form)
    this.materialize(this.kind, input, 1)
    const { runningMean, runningVar, weight, bias, eps } = this
    const options = { weight, bias, training: this.measuresBatch, eps }
    return this.counted((momentum) => batchNormThen(input, runningMean, runningVar, { ...options, momentum }, behind))
  }
}

/** Batch normalization of `[N, C]` or `[N, C, L]`; see `functional.batchNorm`. */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm1d', numFeatures, options, FORM_1D)
  }
}

/** Batch normalization of images `[N, C, H, W]`; see `functional.batchNorm`. */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm2d', numFeatures, options, FORM_2D)
  }
}

/** Batch normalization of volumes `[N, C, D, H, W]`; see `functional.batchNorm`. */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm3d', numFeatures, options, FORM_3D)
  }
}

/** {@link BatchNorm1d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyBatchNorm1d extends BatchNorm {
  constructor(options: BatchNormOptions = {}) {
    super('LazyBatchNorm1d', null, options, FORM_1D)
  }
}

/** {@link BatchNorm2d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyBatchNorm2d extends BatchNorm {
  constructor(options: BatchNormOptions = {}) {
    super('LazyBatchNorm2d', null, options, FORM_2D)
  }
}

/** {@link BatchNorm3d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyBatchNorm3d extends BatchNorm {
  constructor(options: BatchNormOptions = {}) {
    super('LazyBatchNorm3d', null, options, FORM_3D)
  }
}

// All of them have the forward of BatchNorm.
markClean(BatchNorm)
registerNorms(BatchNorm)
