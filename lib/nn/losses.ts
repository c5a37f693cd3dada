import { type CrossEntropyOptions, crossEntropy } from '../ops/cross_entropy.ts'
import { l1Loss } from '../ops/l1_loss.ts'
import { mseLoss, type RegressionLossOptions } from '../ops/mse_loss.ts'
import { type NllLossOptions, nllLoss } from '../ops/nll_loss.ts'
import { checkReduction } from '../ops/targets.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions, checkUnitInterval } from '../util/check.ts'
import { Module } from './module.ts'

/** A loss of predictions and what they should have been. */
type LossInputs = [input: Tensor, target: Tensor]

/** Keeps the weights per class as the buffer `weight`, as PyTorch does. */
function withoutWeight<T extends { weight?: Tensor | null }>(options: T): Omit<T, 'weight'> {
  const { weight: _, ...rest } = options
  return rest
}

/** Cross entropy between scores and classes; see `functional.crossEntropy`. */
export class CrossEntropyLoss extends Module<LossInputs> {
  declare weight: Tensor | null
  readonly options: Omit<CrossEntropyOptions, 'weight'>

  constructor(options: CrossEntropyOptions = {}) {
    super()
    checkOptions('CrossEntropyLoss', options, ['weight', 'ignoreIndex', 'labelSmoothing', 'reduction'])
    checkReduction('CrossEntropyLoss', options.reduction ?? 'mean')
    checkUnitInterval('CrossEntropyLoss', 'labelSmoothing', options.labelSmoothing ?? 0)
    this.registerBuffer('weight', options.weight ?? null)
    this.options = withoutWeight(options)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}

/** Negative log-likelihood of classes; see `functional.nllLoss`. */
export class NLLLoss extends Module<LossInputs> {
  declare weight: Tensor | null
  readonly options: Omit<NllLossOptions, 'weight'>

  constructor(options: NllLossOptions = {}) {
    super()
    checkOptions('NLLLoss', options, ['weight', 'ignoreIndex', 'reduction'])
    checkReduction('NLLLoss', options.reduction ?? 'mean')
    this.registerBuffer('weight', options.weight ?? null)
    this.options = withoutWeight(options)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}

/** Squared error; see `functional.mseLoss`. */
export class MSELoss extends Module<LossInputs> {
  readonly options: RegressionLossOptions

  constructor(options: RegressionLossOptions = {}) {
    super()
    checkOptions('MSELoss', options, ['reduction'])
    checkReduction('MSELoss', options.reduction ?? 'mean')
    this.options = { ...options }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options)
  }
}

/** Absolute error; see `functional.l1Loss`. */
export class L1Loss extends Module<LossInputs> {
  readonly options: RegressionLossOptions

  constructor(options: RegressionLossOptions = {}) {
    super()
    checkOptions('L1Loss', options, ['reduction'])
    checkReduction('L1Loss', options.reduction ?? 'mean')
    this.options = { ...options }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options)
  }
}
