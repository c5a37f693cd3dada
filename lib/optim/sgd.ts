import { backend } from '../kernels/select.ts'
import { disposeCopy, withStrides } from '../ops/dense.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { checkRates, Optimizer, type ParamGroup, type ParamsInput, stateTensor } from './optimizer.ts'

export interface SgdOptions {
  /** Learning rate. */
  lr: number
  /** Share of the last step that is kept, 0 by default. */
  momentum: number
  /** Share of the gradient that does not enter the momentum, 0 by default. */
  dampening: number
  /** Factor of the parameter that is added to its gradient, 0 by default. */
  weightDecay: number
  /** Whether the momentum is looked ahead, `false` by default. */
  nesterov: boolean
  /** Whether the objective is maximised, `false` by default. */
  maximize: boolean
}

const DEFAULTS = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false }
const OPTIONS = ['lr', ...Object.keys(DEFAULTS)]

/**
 * Stochastic gradient descent:
 *
 * `d = grad + weightDecay · param`; with momentum `buffer ← momentum · buffer + (1 − dampening) · d` (the first time `d`)
 * and `d ← nesterov ? d + momentum · buffer : buffer`; `param ← param − lr · d`.
 *
 * All parameters of a group are updated in one call. Those without gradient are left alone.
 *
 * ```ts
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 })
 * ```
 *
 * @throws {RangeError} when a setting is negative or not finite, or nesterov comes without momentum or with dampening.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013; torch.optim.SGD.
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
    for (const group of this.paramGroups) {
      const updated = group.params.filter((param) => param.gradTensor !== null)
      if (group.momentum === 0) this.#update(group, updated, [], false)
      else {
        // A parameter's first gradient starts its momentum, which is another formula.
        const fresh = updated.filter((param) => !this.state.has(param))
        const known = updated.filter((param) => this.state.has(param))
        this.#update(
          group,
          known,
          known.map((param) => this.#momentumBuffer(param)),
          false,
        )
        this.#update(
          group,
          fresh,
          fresh.map((param) => this.#momentumBuffer(param)),
          true,
        )
      }
    }
  }

  #momentumBuffer(param: Tensor): Tensor {
    const kept = this.state.get(param)
    if (kept !== undefined) return kept.momentumBuffer as Tensor
    const momentumBuffer = stateTensor(param)
    this.state.set(param, { momentumBuffer })
    return momentumBuffer
  }

  #update(group: ParamGroup<SgdOptions>, params: Tensor[], buffers: Tensor[], first: boolean): void {
    if (params.length === 0) return
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group
    // Backward gives gradients in the parameter's own order in memory; those set by hand may have another.
    const grads = params.map((param) => withStrides('SGD', param.gradTensor as Tensor, param.strides))
    const sizes = params.map((param) => param.size)
    const problem = { lr, momentum, dampening, weightDecay, nesterov, maximize, first, sizes }
    const [paramRefs, gradRefs, bufferRefs] = [params, grads, buffers].map((list) =>
      list.map((item) => item.buffer('SGD')),
    )
    backend().kernels.sgdStep(problem, paramRefs, gradRefs, bufferRefs)
    for (const param of params) param.storage.version++
    grads.forEach((grad, i) => {
      disposeCopy(grad, params[i].gradTensor as Tensor)
    })
  }
}
