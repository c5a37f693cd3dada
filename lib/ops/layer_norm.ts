import { backend } from '../kernels/select.ts'
import type { Strides } from '../tensor/layout.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, checkOptions } from '../util/check.ts'
import type { Shape } from '../util/shape.ts'
import { expectFloat } from './dense.ts'
import { checkAffine, normalize, rowsOf, trailingShape } from './normalization.ts'

/** The affine map behind {@link layerNorm}, and what keeps it from dividing by 0. */
export interface LayerNormOptions {
  /** Scale of the normalized shape, 1 when absent. */
  weight?: Tensor | null
  /** Shift of the normalized shape, 0 when absent. */
  bias?: Tensor | null
  /** Added to the variance, 1e-5 by default. */
  eps?: number
}

const OPTIONS = ['weight', 'bias', 'eps']

/**
 * Layer normalization: whatever lies in the last dimensions is normalised by its own mean and biased variance:
 *
 * `output = (input − mean) / √(var + eps) · weight + bias`
 *
 * ```ts
 * const tokens = F.layerNorm(randn([8, 196, 384]), [384])
 * const images = F.layerNorm(randn([8, 3, 32, 32]), [3, 32, 32])
 * ```
 *
 * @param input `[..., ...normalizedShape]`
 * @param normalizedShape the last dimensions; one number for one of them
 * @returns the input's shape; its order in memory too where the normalized dimensions lie together, as those of an image do
 * @throws {ShapeError} when the input does not end in `normalizedShape`, or weight or bias does not have it.
 * @throws {RangeError} when a size or `eps` is no such number.
 *
 * Source: Ba, Kiros and Hinton, "Layer Normalization", 2016; semantics of torch.nn.functional.layer_norm.
 */
export function layerNorm(input: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  checkOptions('layerNorm', options, OPTIONS)
  expectFloat('layerNorm', 'input', input)
  const eps = checkNonNegative('layerNorm', 'eps', options.eps ?? 1e-5)
  const shape = trailingShape('layerNorm', input, normalizedShape)
  const { weight = null, bias = null } = options
  checkAffine('layerNorm', 'weight', weight, shape, input)
  checkAffine('layerNorm', 'bias', bias, shape, input)
  const { source, rows, size } = rowsOf('layerNorm', input, shape)
  const problem = { rows, size, eps }
  const { kernels } = backend()
  return normalize({
    op: 'layerNorm',
    input,
    weight,
    bias,
    source,
    strides: source.strides.slice(source.ndim - shape.length) as Strides,
    statistics: [rows, rows],
    forward: (x, w, b, [mean, rstd], y) => kernels.layerNormForward(problem, x, w, b, mean, rstd, y),
    backward: (x, grad, [mean, rstd], w, ...grads) =>
      kernels.layerNormBackward(problem, x, grad, mean, rstd, w, ...grads),
  })
}
