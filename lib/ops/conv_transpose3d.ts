import type { Tensor } from '../tensor/tensor.ts'
import { type ConvTransposeOptions, transposedConvolution } from './transposed_convolution.ts'

/**
 * 3-D transposed convolution: every element of the input adds the window, scaled by it, to the output.
 *
 * `output[n, oc, od, oh, ow] = bias[oc] + Σ input[n, ic, id, ih, iw] · weight[ic, oc, kd, kh, kw]`
 *
 * over all `ic, id, ih, iw, kd, kh, kw` with `od = id·SD − PD + kd·DD`, and likewise `oh` and `ow`
 *
 * ```ts
 * F.convTranspose3d(randn([2, 8, 4, 4, 4]), randn([8, 3, 2, 2, 2]), null, { stride: 2 }).shape // [2, 3, 8, 8, 8]
 * ```
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @param weight `[C, O / groups, KD, KH, KW]`
 * @param bias `[O]`
 * @returns `[N, O, OD, OH, OW]` with `OD = (D − 1)·SD − 2·PD + DD·(KD − 1) + outputPadding + 1`,
 * channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the output would be empty.
 * @throws {RangeError} when an option is fractional or out of range; `outputPadding` must be less than stride or dilation.
 */
export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposedConvolution('convTranspose3d', 3, input, weight, bias ?? null, options)
}
