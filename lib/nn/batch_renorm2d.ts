import { batchRenorm } from '../ops/batch_renorm.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { markClean } from './containers.ts'
import { checkDims, NormBase } from './norm_base.ts'
import type { Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** A limit of the correction: a number, or what a function gives for the number of batches seen before. */
export type RenormLimit = number | ((batches: number) => number)

/** What {@link BatchRenorm2d} keeps and learns, and how far it corrects towards the running statistics. */
export interface BatchRenorm2dOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Share of the new value in the running statistics, 0.01 by default; null for the average over all batches. */
  momentum?: number | null
  /** Whether there are a weight and a bias per channel, `true` by default. */
  affine?: boolean
  /**
   * How far the deviations of batch and running statistics may be apart: by default 1 for 5000 batches, then up to 3 at
   * 40000.
   */
  rMax?: RenormLimit
  /** How many deviations the means may be apart: by default 0 for 5000 batches, then up to 5 at 25000. */
  dMax?: RenormLimit
}

/** The schedules of the paper: batch normalization first, since running statistics need time to mean something. */
const ramp =
  (from: number, to: number, end: number): ((batches: number) => number) =>
  (batches) =>
    from + (to - from) * Math.min(1, Math.max(0, (batches - 5000) / (end - 5000)))

const DEFAULTS = { rMax: ramp(1, 3, 40_000), dMax: ramp(0, 5, 25_000) }

const OPTIONS = ['eps', 'momentum', 'affine', 'rMax', 'dMax']

/** The options that batch normalization knows as well. */
function shared(options: BatchRenorm2dOptions) {
  checkOptions('BatchRenorm2d', options, OPTIONS)
  const { eps = 1e-5, momentum = 0.01, affine = true } = options
  return { eps, momentum, affine }
}

/**
 * Batch renormalization of images `[N, C, H, W]`; see `functional.batchRenorm`. Its state has the names of `BatchNorm2d`.
 *
 * ```ts
 * new nn.BatchRenorm2d(64, { rMax: (batches) => Math.min(3, 1 + batches / 1000), dMax: 5 })
 * ```
 *
 * @throws {RangeError} when a number is out of range, that of a limit when it is used.
 *
 * Source: Ioffe, "Batch Renormalization", 2017.
 */
export class BatchRenorm2d extends NormBase {
  readonly rMax: RenormLimit
  readonly dMax: RenormLimit
  // Always there, unlike those of batch normalization: they are what it corrects to.
  declare runningMean: Tensor
  declare runningVar: Tensor
  declare numBatchesTracked: Tensor
  declare weight: Parameter | null

  constructor(numFeatures: number, options: BatchRenorm2dOptions = {}) {
    super('BatchRenorm2d', numFeatures, shared(options), { affine: true, trackRunningStats: true })
    this.rMax = options.rMax ?? DEFAULTS.rMax
    this.dMax = options.dMax ?? DEFAULTS.dMax
  }

  override forward(input: Tensor): Tensor {
    checkDims('BatchRenorm2d', input, [4], '[N, C, H, W]')
    const { runningMean, runningVar, weight, bias, eps, training } = this
    if (!training) return batchRenorm(input, runningMean, runningVar, { weight, bias, eps })
    return this.counted((momentum, batches) => {
      const at = (limit: RenormLimit): number => (typeof limit === 'number' ? limit : limit(batches))
      const [rMax, dMax] = [at(this.rMax), at(this.dMax)]
      return batchRenorm(input, runningMean, runningVar, { weight, bias, eps, training, momentum, rMax, dMax })
    })
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight } = this
    return `${numFeatures}, eps=${repr(eps)}, momentum=${repr(momentum)}, affine=${repr(weight !== null)}`
  }
}

markClean(BatchRenorm2d)
