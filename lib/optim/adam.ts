import { noGrad } from '../autograd/grad_mode.ts'
import '../ops/arithmetic.ts'
import '../ops/copy.ts'
import '../ops/unary.ts'
import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions, describe } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { checkRates, Optimizer, type ParamGroup, type ParamState, type ParamsInput, stateTensor } from './optimizer.ts'

export interface AdamOptions {
  /** Learning rate, 1e-3 by default. */
  lr: number
  /** Decay of the averages of the gradient and of its square, [0.9, 0.999] by default. */
  betas: readonly [number, number]
  /** Added to the denominator, 1e-8 by default. */
  eps: number
  /** Weight decay: 0 by default for Adam, 0.01 for AdamW. */
  weightDecay: number
  /** Whether the denominator uses the largest average so far, `false` by default. */
  amsgrad: boolean
  /** Whether the objective is maximised, `false` by default. */
  maximize: boolean
}

const DEFAULTS: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
}
const OPTIONS = Object.keys(DEFAULTS)

/** What Adam and AdamW share: all but how the weight decays. */
abstract class AdamBase extends Optimizer<AdamOptions> {
  protected override checkOptions(options: AdamOptions): void {
    const name = this.constructor.name
    checkOptions(name, options, OPTIONS)
    checkRates(name, options)
    checkNonNegative(name, 'eps', options.eps)
    const [beta1, beta2] = options.betas
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new RangeError(`${name}: expected betas of at least 0 and below 1, got ${describe(options.betas)}`)
    }
  }

  override step(): void {
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const param of group.params) {
          if (param.gradTensor === null) continue
          const { gradTensor } = param
          composed(() => {
            this.#update(group, param, group.maximize ? gradTensor.neg() : gradTensor)
            return param
          })
        }
      }
    })
  }

  /** The gradient with the weight decay in it, or the same gradient after the parameter was shrunk. */
  protected abstract decay(group: ParamGroup<AdamOptions>, param: Tensor, grad: Tensor): Tensor

  #update(group: ParamGroup<AdamOptions>, param: Tensor, given: Tensor): void {
    const { lr, eps, amsgrad } = group
    const [beta1, beta2] = group.betas
    const kept = this.#stateOf(param, amsgrad)
    const step = (kept.step as number) + 1
    kept.step = step
    const grad = this.decay(group, param, given)
    const mean = (kept.expAvg as Tensor).mul_(beta1).add_(grad.mul(1 - beta1))
    let square = (kept.expAvgSq as Tensor).mul_(beta2).add_(grad.square().mul(1 - beta2))
    if (amsgrad) square = (kept.maxExpAvgSq as Tensor).maximum_(square)
    // Averages start at 0; dividing by 1 − βᵗ makes up for it.
    const denominator = square
      .sqrt()
      .div_(Math.sqrt(1 - beta2 ** step))
      .add_(eps)
    param.sub_(mean.div(denominator).mul_(lr / (1 - beta1 ** step)))
  }

  #stateOf(param: Tensor, amsgrad: boolean): ParamState {
    const known = this.state.get(param)
    if (known !== undefined) return known
    const kept: ParamState = { step: 0, expAvg: stateTensor(param).zero_(), expAvgSq: stateTensor(param).zero_() }
    if (amsgrad) kept.maxExpAvgSq = stateTensor(param).zero_()
    this.state.set(param, kept)
    return kept
  }
}

/**
 * Adam: `m ← β₁ m + (1 − β₁) d`, `v ← β₂ v + (1 − β₂) d²`, `param ← param − lr · m̂ / (√v̂ + eps)`, where `d = grad +
 * weightDecay · param`, `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`.
 *
 * @throws {RangeError} when a setting is out of range.
 *
 * Source: Kingma and Ba, "Adam", 2015; torch.optim.Adam.
 */
export class Adam extends AdamBase {
  constructor(params: ParamsInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('Adam', params, { ...DEFAULTS, ...options })
  }

  protected override decay(group: ParamGroup<AdamOptions>, param: Tensor, grad: Tensor): Tensor {
    return group.weightDecay === 0 ? grad : grad.add(param.mul(group.weightDecay))
  }
}

/**
 * Adam with decoupled weight decay: before each step `param ← param − lr · weightDecay · param`, and the gradient is left
 * as it is.
 *
 * @throws {RangeError} when a setting is out of range.
 *
 * Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019; torch.optim.AdamW.
 */
export class AdamW extends AdamBase {
  constructor(params: ParamsInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    // torch.optim.AdamW decays by default.
    super('AdamW', params, { ...DEFAULTS, weightDecay: 0.01, ...options })
  }

  protected override decay(group: ParamGroup<AdamOptions>, param: Tensor, grad: Tensor): Tensor {
    if (group.weightDecay !== 0) param.mul_(1 - group.lr * group.weightDecay)
    return grad
  }
}
