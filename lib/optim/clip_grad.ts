import { noGrad } from '../autograd/grad_mode.ts'
import '../ops/clamp.ts'
import '../ops/arithmetic.ts'
import '../ops/extrema.ts'
import '../ops/reduce.ts'
import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative } from '../util/check.ts'
import { RangeError, StateError } from '../util/errors.ts'

export interface ClipGradNormOptions {
  /** Order of the norm, 2 by default; `Infinity` is the largest magnitude. */
  normType?: number
  /** Whether a norm that is not finite is an error, `false` by default. */
  errorIfNonfinite?: boolean
}

/** Added to the norm before dividing by it, as in PyTorch. */
const NORM_EPS = 1e-6

function gradsOf(parameters: Iterable<Tensor>): Tensor[] {
  return [...parameters].flatMap(({ gradTensor }) => (gradTensor === null ? [] : [gradTensor]))
}

/** `Σ |x|ᵖ`, or the largest magnitude for an infinite order. */
function powerSum(grad: Tensor, normType: number): number {
  if (grad.size === 0) return 0
  const sum = composed(() => {
    if (normType === Number.POSITIVE_INFINITY) return grad.abs().max()
    return normType === 2 ? grad.square().sum() : grad.abs().pow(normType).sum()
  })
  const value = Number(sum.item())
  sum.dispose()
  return value
}

/**
 * Scales the gradients of all parameters together so that their norm is at most `maxNorm`: each is multiplied by
 * `min(1, maxNorm / (norm + 1e-6))`.
 *
 * @returns the norm before scaling
 * @throws {RangeError} when `maxNorm` is negative or `normType` is not positive.
 * @throws {StateError} when the norm is not finite and that was to be an error; nothing is scaled then.
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number, options: ClipGradNormOptions = {}): number {
  const { normType = 2, errorIfNonfinite = false } = options
  checkNonNegative('clipGradNorm', 'maxNorm', maxNorm)
  if (!(normType > 0)) throw new RangeError(`clipGradNorm: expected normType above 0, got ${normType}`)
  const grads = gradsOf(parameters)
  return noGrad(() => {
    const sums = grads.map((grad) => powerSum(grad, normType))
    const norm =
      normType === Number.POSITIVE_INFINITY
        ? sums.reduce((most, value) => (Number.isNaN(value) ? value : Math.max(most, value)), 0)
        : sums.reduce((total, value) => total + value, 0) ** (1 / normType)
    if (errorIfNonfinite && !Number.isFinite(norm)) {
      throw new StateError(`clipGradNorm: expected a finite norm of the gradients, got ${norm}`)
    }
    const factor = maxNorm / (norm + NORM_EPS)
    // Not `factor < 1`: a NaN norm must show in the gradients, as in PyTorch.
    if (!(factor >= 1)) for (const grad of grads) grad.mul_(factor)
    return norm
  })
}

/**
 * Limits every element of every gradient to the range from `−clipValue` to `clipValue`.
 *
 * @throws {RangeError} when `clipValue` is negative.
 */
export function clipGradValue(parameters: Iterable<Tensor>, clipValue: number): void {
  checkNonNegative('clipGradValue', 'clipValue', clipValue)
  noGrad(() => {
    for (const grad of gradsOf(parameters)) grad.clamp_(-clipValue, clipValue)
  })
}
