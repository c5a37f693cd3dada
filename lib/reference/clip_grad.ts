import type { Floats } from './types.ts'

/** Gradients and the limit on them; see {@link clipGradNorm} and {@link clipGradValue}. */
export interface ClipGradProblem {
  /** Number of elements of each gradient. */
  sizes: readonly number[]
  limit: number
  /** Order of the norm; 0 stands for the largest magnitude. */
  p: number
  /** Whether a norm that is not finite leaves the gradients alone. */
  onlyFinite: boolean
}

/** Added to the norm before dividing by it, as in PyTorch. */
const NORM_EPS = 1e-6

/**
 * Scales all gradients in place by `min(1, limit / (norm + 1e-6))`, where `norm = (Σ |x|ᵖ)^(1/p)` over all of them, or the
 * largest magnitude for `p = 0`, and writes the norm. A norm of NaN makes all gradients NaN unless `onlyFinite`.
 */
export function clipGradNorm({ limit, p, onlyFinite }: ClipGradProblem, grads: readonly Floats[], norm: Floats): void {
  let total = 0
  for (const grad of grads) {
    for (const x of grad) total = p === 0 ? Math.max(total, Math.abs(x)) : total + Math.abs(x) ** p
  }
  const size = p === 0 ? total : total ** (1 / p)
  norm[0] = size
  const factor = limit / (size + NORM_EPS)
  if (factor >= 1 || (onlyFinite && !Number.isFinite(size))) return
  for (const grad of grads) for (let i = 0; i < grad.length; i++) grad[i] *= factor
}

/** Limits every element of the gradients, in place, to the range from `−limit` to `limit`; a NaN stays. */
export function clipGradValue({ limit }: ClipGradProblem, grads: readonly Floats[]): void {
  for (const grad of grads) {
    for (let i = 0; i < grad.length; i++) grad[i] = Math.min(limit, Math.max(-limit, grad[i]))
  }
}
