import type { BufferRef } from '../kernels/backend.ts'
import { backend } from '../kernels/select.ts'
import { inAnyOrder } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import { RangeError, StateError } from '../util/errors.ts'

/** Which norm {@link clipGradNorm} limits, and what becomes of one that is NaN or infinite. */
export interface ClipGradNormOptions {
  /** Order of the norm, above 0, 2 by default; `Infinity` is the largest magnitude. */
  normType?: number
  /** Whether a norm that is not finite is an error, `false` by default: {@link StateError}, with nothing scaled. */
  errorIfNonfinite?: boolean
}

/** The gradients of the parameters that have one, each once. */
function gradsOf(parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : [...parameters]
  return [...new Set(list.flatMap(({ gradTensor }) => (gradTensor === null ? [] : [gradTensor])))]
}

/** Runs a kernel that edits gradients in place; those with gaps in memory, set by hand, on copies that are written back. */
function edit(op: string, grads: readonly Tensor[], kernel: (sizes: number[], refs: BufferRef[]) => void): void {
  const dense = grads.map((grad) => inAnyOrder(op, grad))
  kernel(
    dense.map(({ size }) => size),
    dense.map((grad) => grad.buffer(op)),
  )
  dense.forEach((copy, i) => {
    grads[i].storage.version++
    if (copy === grads[i]) return
    copyElements(op, copy, grads[i])
    copy.dispose()
  })
}

/**
 * Scales the gradients of all parameters together so that their norm is at most `maxNorm`: each is multiplied by
 * `min(1, maxNorm / (norm + 1e-6))`, where `norm = (Σ |x|ᵖ)^(1/p)` over all elements. One call over all gradients; those of
 * parameters without one count as 0.
 *
 * ```ts
 * loss.backward()
 * optim.clipGradNorm(model.parameters(), 1)
 * optimizer.step()
 * ```
 *
 * @returns the norm before scaling
 * @throws {RangeError} when `maxNorm` is negative or `normType` is not positive.
 * @throws {StateError} when the norm is not finite and that was to be an error; nothing is scaled then.
 *
 * Source: Pascanu et al., "On the difficulty of training recurrent neural networks", 2013;
 * torch.nn.utils.clip_grad_norm_.
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  checkOptions('clipGradNorm', options, ['normType', 'errorIfNonfinite'])
  const { normType = 2, errorIfNonfinite = false } = options
  checkNonNegative('clipGradNorm', 'maxNorm', maxNorm)
  if (!(normType > 0)) throw new RangeError(`clipGradNorm: expected normType above 0, got ${normType}`)
  const output = scaleToNorm(parameters, maxNorm, normType, errorIfNonfinite)
  if (output === null) return 0
  const norm = output.item() as number
  output.dispose()
  if (errorIfNonfinite && !Number.isFinite(norm)) {
    throw new StateError(`clipGradNorm: expected a finite norm of the gradients, got ${norm}`)
  }
  return norm
}

/**
 * What {@link clipGradNorm} does, its norm not read yet: a tensor of one element, to be disposed. Null where no parameter has a
 * gradient.
 */
export function scaleToNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  normType = 2,
  onlyFinite = false,
): Tensor | null {
  const grads = gradsOf(parameters)
  if (grads.length === 0) return null
  const output = untracked(() => emptyTensor([], 'float32'))
  edit('clipGradNorm', grads, (sizes, refs) => {
    const p = normType === Number.POSITIVE_INFINITY ? 0 : normType
    const problem = { sizes, limit: maxNorm, p, onlyFinite }
    backend().kernels.clipGradNorm(problem, refs, output.buffer('clipGradNorm'))
  })
  return output
}

/**
 * Limits every element of every gradient to the range from `−clipValue` to `clipValue`, in one call over all gradients.
 *
 * @throws {RangeError} when `clipValue` is negative.
 */
export function clipGradValue(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  checkNonNegative('clipGradValue', 'clipValue', clipValue)
  const grads = gradsOf(parameters)
  if (grads.length === 0) return
  edit('clipGradValue', grads, (sizes, refs) => {
    backend().kernels.clipGradValue({ sizes, limit: clipValue, p: 2, onlyFinite: false }, refs)
  })
}
