import { type BceOptions, type BceWithLogitsOptions, bce, bceWithLogits } from '../ops/bce.ts'
import { type CrossEntropyOptions, crossEntropy } from '../ops/cross_entropy.ts'
import { checkKlReduction, type KlDivOptions, klDiv } from '../ops/kl_div.ts'
import { l1Loss } from '../ops/l1_loss.ts'
import { mseLoss } from '../ops/mse_loss.ts'
import { type NllLossOptions, nllLoss } from '../ops/nll_loss.ts'
import type { RegressionLossOptions } from '../ops/pointwise_loss.ts'
import { checkDelta, huberLoss, smoothL1Loss } from '../ops/smooth_l1_loss.ts'
import { checkReduction } from '../ops/targets.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions, checkUnitInterval } from '../util/check.ts'
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

/** Squared error near 0, absolute error beyond; see `functional.smoothL1Loss`. */
export class SmoothL1Loss extends Module<LossInputs> {
  readonly options: RegressionLossOptions & { beta?: number }

  constructor(options: RegressionLossOptions & { beta?: number } = {}) {
    super()
    checkOptions('SmoothL1Loss', options, ['beta', 'reduction'])
    checkReduction('SmoothL1Loss', options.reduction ?? 'mean')
    checkNonNegative('SmoothL1Loss', 'beta', options.beta ?? 1)
    this.options = { ...options }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options)
  }
}

/** Squared error near 0, absolute error beyond; see `functional.huberLoss`. */
export class HuberLoss extends Module<LossInputs> {
  readonly options: RegressionLossOptions & { delta?: number }

  constructor(options: RegressionLossOptions & { delta?: number } = {}) {
    super()
    checkOptions('HuberLoss', options, ['delta', 'reduction'])
    checkReduction('HuberLoss', options.reduction ?? 'mean')
    checkDelta('HuberLoss', options.delta ?? 1)
    this.options = { ...options }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options)
  }
}

/** Binary cross entropy of probabilities; see `functional.bce`. */
export class BCELoss extends Module<LossInputs> {
  declare weight: Tensor | null
  readonly options: Omit<BceOptions, 'weight'>

  constructor(options: BceOptions = {}) {
    super()
    checkOptions('BCELoss', options, ['weight', 'reduction'])
    checkReduction('BCELoss', options.reduction ?? 'mean')
    this.registerBuffer('weight', options.weight ?? null)
    this.options = withoutWeight(options)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return bce(input, target, { ...this.options, weight: this.weight })
  }
}

/** Binary cross entropy of scores; see `functional.bceWithLogits`. */
export class BCEWithLogitsLoss extends Module<LossInputs> {
  declare weight: Tensor | null
  declare posWeight: Tensor | null
  readonly options: Pick<BceWithLogitsOptions, 'reduction'>

  constructor(options: BceWithLogitsOptions = {}) {
    super()
    checkOptions('BCEWithLogitsLoss', options, ['weight', 'posWeight', 'reduction'])
    const { weight = null, posWeight = null, reduction = 'mean' } = options
    checkReduction('BCEWithLogitsLoss', reduction)
    this.registerBuffer('weight', weight)
    this.registerBuffer('posWeight', posWeight, { key: 'pos_weight' })
    this.options = { reduction }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, { ...this.options, weight: this.weight, posWeight: this.posWeight })
  }
}

/** Kullback-Leibler divergence; see `functional.klDiv`. */
export class KLDivLoss extends Module<LossInputs> {
  readonly options: KlDivOptions

  constructor(options: KlDivOptions = {}) {
    super()
    checkOptions('KLDivLoss', options, ['logTarget', 'reduction'])
    checkKlReduction('KLDivLoss', options.reduction ?? 'mean')
    this.options = { ...options }
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options)
  }
}
