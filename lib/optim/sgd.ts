import { backend } from '../kernels/select.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { checkRates, Optimizer, type ParamGroup, type ParamsInput } from './optimizer.ts'

/** Settings of {@link SGD}, for all parameters or a group of them. */
export interface SgdOptions {
  /** Learning rate, at least 0; has no default. */
  lr: number
  /** Share of the last step that is kept, at least 0; 0 by default. */
  momentum: number
  /** Share of the gradient that does not enter the momentum, 0 by default. */
  dampening: number
  /** Factor of the parameter that is added to its gradient, at least 0; 0 by default. */
  weightDecay: number
  /** Whether the momentum is looked ahead, which needs one and no dampening; `false` by default. */
  nesterov: boolean
  /** Whether the weight decay shrinks the parameter by itself instead of entering the gradient, `false` by default. */
  decoupled: boolean
  /** Whether the objective is maximised, `false` by default. */
  maximize: boolean
}

const DEFAULTS = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, decoupled: false, maximize: false }
const OPTIONS = ['lr', ...Object.keys(DEFAULTS)]

const hasMomentum = ({ momentum }: ParamGroup<SgdOptions>): boolean => momentum !== 0

/**
 * Stochastic gradient descent:
 *
 * `d = grad + weightDecay · param`; with momentum `buffer ← momentum · buffer + (1 − dampening) · d` (the first time `d`)
 * and `d ← nesterov ? d + momentum · buffer : buffer`; `param ← param − lr · d`.
 *
 * This weight decay is coupled: it enters the momentum like the gradient of a penalty `weightDecay / 2 · ‖param‖²`, the
 * L2 penalty. With `decoupled: true` the gradient is left as it is and `param ← (1 − lr · weightDecay) · param` comes first,
 * as in AdamW. Without momentum the two are the same but for rounding.
 *
 * All parameters are updated in one call. Those without gradient are left alone.
 *
 * ```ts
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 })
 * ```
 *
 * @throws {RangeError} when a setting is negative or not finite, or nesterov comes without momentum or with dampening.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013; torch.optim.SGD;
 * Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019 (SGDW).
 */
export class SGD extends Optimizer<SgdOptions> {
  constructor(params: ParamsInput<SgdOptions>, options: Partial<SgdOptions> & { lr: number }) {
    checkOptions('SGD', options, OPTIONS)
    super('SGD', params, { ...DEFAULTS, ...options })
  }

  protected override checkOptions(options: SgdOptions): void {
    checkOptions('SGD', options, OPTIONS)
    checkRates('SGD', options)
    checkNonNegative('SGD', 'momentum', options.momentum)
    checkFinite('SGD', 'dampening', options.dampening)
    if (options.nesterov && (options.momentum <= 0 || options.dampening !== 0)) {
      throw new RangeError(
        `SGD: expected a momentum and no dampening with nesterov, got momentum ${options.momentum}, ` +
          `dampening ${options.dampening}`,
      )
    }
  }

  override step(): void {
    // A parameter's first gradient starts its momentum, which is another formula.
    const batches = this.batches((param) => (this.#hasBuffer(param) ? 0 : 1))
    const groups = batches.map(({ group, phase, params }) => {
      const { lr, momentum, dampening, weightDecay, nesterov, decoupled, maximize } = group
      const sizes = params.map(({ size }) => size)
      return { sizes, lr, momentum, dampening, weightDecay, nesterov, decoupled, maximize, first: phase === 1 }
    })
    this.update(batches, (params, grads) => {
      const buffers = this.stateBuffers(batches, 'momentumBuffer', hasMomentum)
      backend().kernels.sgdStep({ groups }, params, grads, buffers)
    })
  }

  #hasBuffer(param: Tensor): boolean {
    return this.state.get(param)?.momentumBuffer !== undefined
  }
}
