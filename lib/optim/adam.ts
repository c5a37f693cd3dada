import { backend } from '../kernels/select.ts'
import { checkNonNegative, checkOptions, describe } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { checkRates, Optimizer, type ParamGroup, type ParamsInput } from './optimizer.ts'

/** Settings of {@link Adam} and {@link AdamW}, for all parameters or a group of them; no number may be negative. */
export interface AdamOptions {
  /** Learning rate, 1e-3 by default. */
  lr: number
  /** Decay of the averages of the gradient and of its square, each in [0, 1), [0.9, 0.999] by default. */
  betas: readonly [number, number]
  /** Added to the denominator, 1e-8 by default. */
  eps: number
  /** Factor of the parameter that Adam adds to its gradient, 0 by default; AdamW takes it off, times `lr`, 0.01 by default. */
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

const hasAmsgrad = ({ amsgrad }: ParamGroup<AdamOptions>): boolean => amsgrad

/** What Adam and AdamW share: all but how the weight decays. */
abstract class AdamBase extends Optimizer<AdamOptions> {
  readonly #decoupled: boolean

  constructor(name: string, params: ParamsInput<AdamOptions>, options: AdamOptions, decoupled: boolean) {
    super(name, params, options)
    this.#decoupled = decoupled
  }

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
    const batches = this.batches((param) => this.nextStep(param))
    const groups = batches.map(({ group, phase, params }) => {
      const { lr, eps, weightDecay, amsgrad, maximize } = group
      const [beta1, beta2] = group.betas
      // Averages start at 0; dividing by 1 − βᵗ makes up for it.
      const [correction1, correction2] = [1 - beta1 ** phase, 1 - beta2 ** phase]
      const decay = { weightDecay, decoupled: this.#decoupled }
      const sizes = params.map(({ size }) => size)
      return { sizes, lr, beta1, beta2, correction1, correction2, eps, ...decay, amsgrad, maximize }
    })
    this.update(batches, (params, grads) => {
      const averages = this.stateBuffers(batches, 'expAvg')
      const squares = this.stateBuffers(batches, 'expAvgSq')
      const tops = this.stateBuffers(batches, 'maxExpAvgSq', hasAmsgrad)
      backend().kernels.adamStep({ groups }, params, grads, averages, squares, tops)
    })
    this.countSteps(batches)
  }
}

/**
 * Adam: `m ← β₁ m + (1 − β₁) d`, `v ← β₂ v + (1 − β₂) d²`, `param ← param − lr · m̂ / (√v̂ + eps)`, where `d = grad +
 * weightDecay · param`, `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`.
 *
 * This weight decay is coupled, the gradient of a penalty: it is divided by `√v̂` like the rest of `d`, so that weights
 * with large gradients decay less. {@link AdamW} decays all alike.
 *
 * @throws {RangeError} when a setting is out of range.
 *
 * Source: Kingma and Ba, "Adam", 2015; Reddi et al., "On the Convergence of Adam and Beyond", 2018, for `amsgrad`;
 * torch.optim.Adam.
 */
export class Adam extends AdamBase {
  constructor(params: ParamsInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('Adam', params, { ...DEFAULTS, ...options }, false)
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
    super('AdamW', params, { ...DEFAULTS, weightDecay: 0.01, ...options }, true)
  }
}
