import type { Tensor } from '../tensor/tensor.ts'
import { type ConvTransposeOptions, transposedConvolution } from './transposed_convolution.ts'

/**
 * 2-D transposed convolution: every element of the input adds the window, scaled by it, to the output.
 *
 * `output[n, oc, oh, ow] = bias[oc] + Σ input[n, ic, ih, iw] · weight[ic, oc, kh, kw]`
 *
 * over all `ic, ih, iw, kh, kw` with `oh = ih·SH − PH + kh·DH` and `ow = iw·SW − PW + kw·DW`
 *
 * ```ts
 * F.convTranspose2d(randn([8, 16, 14, 14]), randn([16, 3, 4, 4]), null, { stride: 2, padding: 1 }).shape // [8, 3, 28, 28]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param weight `[C, O / groups, KH, KW]`
 * @param bias `[O]`
 * @returns `[N, O, OH, OW]` with `OH = (H − 1)·SH − 2·PH + DH·(KH − 1) + outputPadding + 1`,
 * channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the output would be empty.
 * @throws {RangeError} when an option is fractional or out of range; `outputPadding` must be less than stride or dilation.
 */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposedConvolution('convTranspose2d', 2, input, weight, bias ?? null, options)
}
