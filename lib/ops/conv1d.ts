import type { Tensor } from '../tensor/tensor.ts'
import type { ConvOptions } from './conv_problem.ts'
import { convolution } from './convolution.ts'

/** How the window of {@link conv1d} moves and what it reads beyond the border; lists have one number. */
export type Conv1dOptions = ConvOptions

/**
 * 1-D convolution (cross-correlation):
 *
 * `output[n, oc, ow] = bias[oc] + Σ_{ic, kw} input[n, ic, ow·SW − PW + kw·DW] · weight[oc, ic, kw]`
 *
 * ```ts
 * F.conv1d(randn([8, 3, 100]), randn([16, 3, 5]), null, { stride: 2, padding: 2 }).shape // [8, 16, 50]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @param weight `[O, C / groups, K]`
 * @param bias `[O]`
 * @returns `[N, O, OL]` with `OL = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1`, channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the window is larger than the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv1dOptions = {}): Tensor {
  return convolution('conv1d', 1, input, weight, bias ?? null, options)
}
