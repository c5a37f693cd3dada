import type { Tensor } from '../tensor/tensor.ts'
import type { ConvOptions } from './conv_problem.ts'
import { convolution } from './convolution.ts'

/** How the window of {@link conv2d} moves and what it reads beyond the border; lists are `[height, width]`. */
export type Conv2dOptions = ConvOptions

/**
 * 2-D convolution (cross-correlation):
 *
 * `output[n, oc, oh, ow] = bias[oc] + Σ_{ic, kh, kw} input[n, ic, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW] · weight[oc, ic, kh, kw]`
 *
 * ```ts
 * F.conv2d(randn([8, 3, 32, 32]), randn([16, 3, 3, 3]), null, { padding: 1 }).shape // [8, 16, 32, 32]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param weight `[O, C / groups, KH, KW]`
 * @param bias `[O]`
 * @returns `[N, O, OH, OW]` with `OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1`, channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the window is larger than the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv2dOptions = {}): Tensor {
  return convolution('conv2d', 2, input, weight, bias ?? null, options)
}
