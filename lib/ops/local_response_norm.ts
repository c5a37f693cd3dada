import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkInteger, checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inFormat, withStrides } from './dense.ts'

/** How strongly {@link localResponseNorm} damps: the divisor is `(k + alpha · mean of the squares)^beta`. */
export interface LocalResponseNormOptions {
  /** Factor of the mean of the squares, 1e-4 by default. */
  alpha?: number
  /** Exponent, 0.75 by default. */
  beta?: number
  /** What is added to the mean of the squares, 1 by default. */
  k?: number
}

const OPTIONS = ['alpha', 'beta', 'k']

/**
 * Local response normalization: every value is damped by those of neighbouring channels at the same place:
 *
 * `output[c] = input[c] / (k + alpha / size · Σ_j input[j]²)^beta`, `j` from `c − ⌊size/2⌋` to `c + ⌊(size−1)/2⌋`.
 *
 * ```ts
 * const output = F.localResponseNorm(randn([8, 16, 14, 14]), 5, { k: 2 })
 * ```
 *
 * @param input `[N, C, ...spatial]`
 * @param size channels in a window, those beyond the first and the last one counted as 0
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} when the input has less than 3 dimensions.
 * @throws {RangeError} when `size`, `alpha`, `beta` or `k` is no such number.
 *
 * Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012; semantics
 * of torch.nn.functional.local_response_norm.
 */
export function localResponseNorm(input: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  const op = 'localResponseNorm'
  checkOptions(op, options, OPTIONS)
  expectFloat(op, 'input', input)
  checkInteger(op, 'size', size, 1)
  const alpha = checkFinite(op, 'alpha', options.alpha ?? 1e-4)
  const beta = checkFinite(op, 'beta', options.beta ?? 0.75)
  const k = checkFinite(op, 'k', options.k ?? 1)
  if (input.ndim < 3) {
    throw new ShapeError(
      `${op}: expected input of at least 3 dimensions [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  const c = input.shape[1]
  // A window that covers all channels from any of them adds nothing but zeros, however large; `alpha` is per element of it.
  const window = Math.min(size, 2 * c + 1)
  const share = window === size ? alpha : (alpha * window) / size
  const problem = { rows: c === 0 ? 0 : input.size / c, c, size: window, alpha: share, beta, k }
  const source = inFormat(op, input, 'channelsLast')
  const output = emptyTensor(source.shape, 'float32', source.strides)
  const { kernels } = backend()
  const buffer = source.buffer(op)
  if (output.size > 0) kernels.localResponseNormForward(problem, buffer, output.buffer(op))
  if (needsGrad(input)) {
    const saved = save(op, source)
    record(op, output, [input], [saved], (gradOutput) => {
      const x = saved.get()
      const grad = withStrides(op, gradOutput, x.strides)
      const gradInput = emptyTensor(x.shape, 'float32', x.strides)
      const buffers = [x.buffer(op), grad.buffer(op), gradInput.buffer(op)] as const
      if (x.size > 0) kernels.localResponseNormBackward(problem, ...buffers)
      disposeCopy(grad, gradOutput)
      return [gradInput]
    })
  }
  disposeCopy(source, input)
  return output
}
