import type { Tensor } from '../tensor/tensor.ts'
import { type ConvTransposeOptions, transposedConvolution } from './transposed_convolution.ts'

/**
 * 1-D transposed convolution: every element of the input adds the window, scaled by it, to the output.
 *
 * `output[n, oc, o] = bias[oc] + Σ input[n, ic, i] · weight[ic, oc, k]` over all `ic, i, k` with `o = i·S − P + k·D`
 *
 * ```ts
 * F.convTranspose1d(randn([8, 16, 50]), randn([16, 3, 4]), null, { stride: 2, padding: 1 }).shape // [8, 3, 100]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @param weight `[C, O / groups, K]`
 * @param bias `[O]`
 * @returns `[N, O, OL]` with `OL = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1`,
 * channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the output would be empty.
 * @throws {RangeError} when an option is fractional or out of range; `outputPadding` must be less than stride or dilation.
 */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposedConvolution('convTranspose1d', 1, input, weight, bias ?? null, options)
}
