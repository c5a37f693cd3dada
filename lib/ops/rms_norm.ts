import { backend } from '../kernels/select.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import type { Shape } from '../util/shape.ts'
import { expectFloat } from './dense.ts'
import { checkAffine, normalize, rowsOf, trailingShape } from './normalization.ts'

/** The scale behind {@link rmsNorm}, and what keeps it from dividing by 0. */
export interface RmsNormOptions {
  /** Scale of the normalized shape, 1 when absent. */
  weight?: Tensor | null
  /** Added to the mean square; null, the default, for the rounding of float32, 2⁻²³. */
  eps?: number | null
}

const OPTIONS = ['weight', 'eps']

/** What null stands for: the distance of 1 from the next float32. */
const ROUNDING = 2 ** -23

/**
 * Root mean square normalization: whatever lies in the last dimensions is divided by its root mean square:
 *
 * `output = input / √(mean(input²) + eps) · weight`
 *
 * ```ts
 * const tokens = F.rmsNorm(randn([8, 196, 384]), 384)
 * ```
 *
 * @param input `[..., ...normalizedShape]`
 * @param normalizedShape the last dimensions; one number for one of them
 * @returns the input's shape; its order in memory too where the normalized dimensions lie together
 * @throws {ShapeError} when the input does not end in `normalizedShape`, or the weight does not have it.
 * @throws {RangeError} when a size or `eps` is no such number.
 *
 * Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019; semantics of torch.nn.functional.rms_norm.
 */
export function rmsNorm(input: Tensor, normalizedShape: number | Shape, options: RmsNormOptions = {}): Tensor {
  checkOptions('rmsNorm', options, OPTIONS)
  expectFloat('rmsNorm', 'input', input)
  const eps = checkNonNegative('rmsNorm', 'eps', options.eps ?? ROUNDING)
  const shape = trailingShape('rmsNorm', input, normalizedShape)
  const { weight = null } = options
  checkAffine('rmsNorm', 'weight', weight, shape, input)
  const { source, rows, size } = rowsOf('rmsNorm', input, shape)
  const problem = { rows, size, eps }
  const { kernels } = backend()
  return normalize({
    op: 'rmsNorm',
    input,
    weight,
    bias: null,
    source,
    strides: source.strides.slice(source.ndim - shape.length),
    statistics: [rows],
    forward: (x, w, _, [rstd], y) => kernels.rmsNormForward(problem, x, w, rstd, y),
    backward: (x, grad, [rstd], w, gradInput, gradWeight) =>
      kernels.rmsNormBackward(problem, x, grad, rstd, w, gradInput, gradWeight),
  })
}
