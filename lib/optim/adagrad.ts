import { backend } from '../kernels/select.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import { checkRates, Optimizer, type ParamsInput } from './optimizer.ts'

/** Settings of {@link Adagrad}, for all parameters or a group of them; no number may be negative. */
export interface AdagradOptions {
  /** Learning rate, 0.01 by default. */
  lr: number
  /** How fast the rate falls: step `t`, from 1, divides it by `1 + (t − 1) · lrDecay`. 0 by default. */
  lrDecay: number
  /** Factor of the parameter that is added to its gradient, 0 by default. */
  weightDecay: number
  /** What the sum of squares starts with, 0 by default. */
  initialAccumulatorValue: number
  /** Added to the denominator, 1e-10 by default. */
  eps: number
  /** Whether the objective is maximised, `false` by default. */
  maximize: boolean
}

const DEFAULTS: AdagradOptions = {
  lr: 0.01,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
}
const OPTIONS = Object.keys(DEFAULTS)

/**
 * Adagrad: `sum ← sum + d²`, `param ← param − lr / (1 + (t − 1) · lrDecay) · d / (√sum + eps)` in step `t`, where
 * `d = grad + weightDecay · param`.
 *
 * ```ts
 * const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.1 })
 * ```
 *
 * @throws {RangeError} when a setting is negative or not finite.
 *
 * Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011;
 * torch.optim.Adagrad.
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: ParamsInput<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super('Adagrad', params, { ...DEFAULTS, ...options })
  }

  protected override checkOptions(options: AdagradOptions): void {
    checkOptions('Adagrad', options, OPTIONS)
    checkRates('Adagrad', options)
    checkNonNegative('Adagrad', 'lrDecay', options.lrDecay)
    checkNonNegative('Adagrad', 'initialAccumulatorValue', options.initialAccumulatorValue)
    checkNonNegative('Adagrad', 'eps', options.eps)
  }

  override step(): void {
    const batches = this.batches((param) => this.nextStep(param))
    const groups = batches.map(({ group: { lr, lrDecay, eps, weightDecay, maximize }, phase, params }) => {
      const sizes = params.map(({ size }) => size)
      return { sizes, lr: lr / (1 + (phase - 1) * lrDecay), eps, weightDecay, maximize }
    })
    this.update(batches, (params, grads) => {
      const initial = ({ initialAccumulatorValue }: AdagradOptions): number => initialAccumulatorValue
      const sums = this.stateBuffers(batches, 'sum', undefined, initial)
      backend().kernels.adagradStep({ groups }, params, grads, sums)
    })
    this.countSteps(batches)
  }
}
