import { backend } from '../kernels/select.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import { checkRates, Optimizer, type ParamGroup, type ParamsInput } from './optimizer.ts'

/** Settings of {@link RMSprop}, for all parameters or a group of them; no number may be negative. */
export interface RmspropOptions {
  /** Learning rate, 0.01 by default. */
  lr: number
  /** Decay of the average of the squared gradient, 0.99 by default. */
  alpha: number
  /** Added to the denominator, 1e-8 by default. */
  eps: number
  /** Factor of the parameter that is added to its gradient, 0 by default. */
  weightDecay: number
  /** Share of the last step that is kept, 0 by default. */
  momentum: number
  /** Whether to divide by the standard deviation of the gradient instead of its root mean square, `false` by default. */
  centered: boolean
  /** Whether the objective is maximised, `false` by default. */
  maximize: boolean
}

const DEFAULTS: RmspropOptions = {
  lr: 0.01,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
}
const OPTIONS = Object.keys(DEFAULTS)

const hasMomentum = ({ momentum }: ParamGroup<RmspropOptions>): boolean => momentum !== 0
const isCentered = ({ centered }: ParamGroup<RmspropOptions>): boolean => centered

/**
 * RMSprop: `v ← α v + (1 − α) d²`, `param ← param − lr · d / (√v + eps)`, where `d = grad + weightDecay · param`.
 *
 * When centered, `v` is replaced by `v − m²` with the average `m ← α m + (1 − α) d`, which rounding may not take below 0;
 * with momentum, `buffer ← momentum · buffer + d / (√v + eps)` and `param ← param − lr · buffer`.
 *
 * ```ts
 * const optimizer = new optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 })
 * ```
 *
 * @throws {RangeError} when a setting is negative or not finite.
 *
 * Source: Tieleman and Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012; Graves, "Generating Sequences With
 * Recurrent Neural Networks", 2013, for the centered form; torch.optim.RMSprop.
 */
export class RMSprop extends Optimizer<RmspropOptions> {
  constructor(params: ParamsInput<RmspropOptions>, options: Partial<RmspropOptions> = {}) {
    super('RMSprop', params, { ...DEFAULTS, ...options })
  }

  protected override checkOptions(options: RmspropOptions): void {
    checkOptions('RMSprop', options, OPTIONS)
    checkRates('RMSprop', options)
    checkNonNegative('RMSprop', 'alpha', options.alpha)
    checkNonNegative('RMSprop', 'eps', options.eps)
    checkNonNegative('RMSprop', 'momentum', options.momentum)
  }

  override step(): void {
    const batches = this.batches()
    const groups = batches.map(({ group, params }) => {
      const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = group
      return { sizes: params.map(({ size }) => size), lr, alpha, eps, weightDecay, momentum, centered, maximize }
    })
    this.update(batches, (params, grads) => {
      const squares = this.stateBuffers(batches, 'squareAvg')
      const averages = this.stateBuffers(batches, 'gradAvg', isCentered)
      const buffers = this.stateBuffers(batches, 'momentumBuffer', hasMomentum)
      backend().kernels.rmspropStep({ groups }, params, grads, squares, averages, buffers)
    })
  }
}
