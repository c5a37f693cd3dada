import type { Tensor } from '../tensor/tensor.ts'
import type { ConvOptions } from './conv_problem.ts'
import { convolution } from './convolution.ts'

/** How the window of {@link conv3d} moves and what it reads beyond the border; lists are `[depth, height, width]`. */
export type Conv3dOptions = ConvOptions

/**
 * 3-D convolution (cross-correlation):
 *
 * `output[n, oc, od, oh, ow] = bias[oc] + Σ_{ic, kd, kh, kw} weight[oc, ic, kd, kh, kw] ·
 *   input[n, ic, od·SD − PD + kd·DD, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW]`
 *
 * ```ts
 * F.conv3d(randn([2, 3, 8, 32, 32]), randn([16, 3, 3, 3, 3]), null, { padding: 1 }).shape // [2, 16, 8, 32, 32]
 * ```
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @param weight `[O, C / groups, KD, KH, KW]`
 * @param bias `[O]`
 * @returns `[N, O, OD, OH, OW]` with `OD = ⌊(D + 2·PD − DD·(KD − 1) − 1) / SD⌋ + 1`, channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the window is larger than the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv3dOptions = {}): Tensor {
  return convolution('conv3d', 3, input, weight, bias ?? null, options)
}
