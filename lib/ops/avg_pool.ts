import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { AvgPoolProblem } from '../reference/index.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkOptions, describe } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import type { Shape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import {
  checkImages,
  type PoolOptions,
  type PoolSettings,
  pooledSizes,
  poolSettings,
  sizesOf,
  windowOf,
} from './pool_problem.ts'
import { unbatched } from './unbatched.ts'

/** How the window of an average pooling moves, and what its sums are divided by. */
export interface AvgPool1dOptions extends PoolOptions {
  /** Whether the divisor counts the padding, `true` by default. What hangs over its far end never counts. */
  countIncludePad?: boolean
}

/** {@link AvgPool1dOptions}, and a divisor of one's own. */
export interface AvgPoolOptions extends AvgPool1dOptions {
  /** What every sum is divided by; null, the default, for the number of elements in the window. */
  divisorOverride?: number | null
}

/** Names of {@link AvgPool1dOptions}. */
export const AVG_POOL1D_OPTIONS = ['stride', 'padding', 'ceilMode', 'countIncludePad']
/** Names of {@link AvgPoolOptions}. */
export const AVG_POOL_OPTIONS = [...AVG_POOL1D_OPTIONS, 'divisorOverride']

/**
 * 1-D average pooling: `output[n, c, ow] = mean_{kw} input[n, c, ow·S − P + kw]`; see {@link avgPool2d}.
 *
 * ```ts
 * F.avgPool1d(randn([8, 3, 100]), 4).shape // [8, 3, 25]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @returns `[N, C, OL]`
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function avgPool1d(input: Tensor, kernelSize: AxisSizes, options: AvgPool1dOptions = {}): Tensor {
  return avgPooling('avgPool1d', 1, input, kernelSize, options, AVG_POOL1D_OPTIONS)
}

/**
 * 2-D average pooling: `output[n, c, oh, ow] = 1 / divisor · Σ_{kh, kw} input[n, c, oh·SH − PH + kh, ow·SW − PW + kw]`.
 *
 * Padding counts as zeros. The divisor is `KH · KW` less what hangs over the padding at the far end, with
 * `countIncludePad: false` less all padding, or `divisorOverride`.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, OH, OW]` with `OH = ⌊(H + 2·PH − KH) / SH⌋ + 1` (`⌈…⌉` with `ceilMode`, unless the last window would
 *   start in the padding)
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function avgPool2d(input: Tensor, kernelSize: AxisSizes, options: AvgPoolOptions = {}): Tensor {
  return avgPooling('avgPool2d', 2, input, kernelSize, options, AVG_POOL_OPTIONS)
}

/**
 * 3-D average pooling: `1 / divisor` times the sum over `kd, kh, kw` of `input[n, c, od·SD − PD + kd, oh·SH − PH + kh,
 * ow·SW − PW + kw]`; see {@link avgPool2d}.
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @returns `[N, C, OD, OH, OW]`
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function avgPool3d(input: Tensor, kernelSize: AxisSizes, options: AvgPoolOptions = {}): Tensor {
  return avgPooling('avgPool3d', 3, input, kernelSize, options, AVG_POOL_OPTIONS)
}

/**
 * Checks a divisor.
 *
 * @throws {RangeError} for 0 and fractions.
 */
export function checkDivisor(op: string, divisor: number | null | undefined): void {
  if (divisor === null || divisor === undefined || (Number.isSafeInteger(divisor) && divisor !== 0)) return
  throw new RangeError(`${op}: expected divisorOverride to be an integer other than 0, got ${describe(divisor)}`)
}

function avgPooling(
  op: string,
  rank: number,
  input: Tensor,
  kernelSize: AxisSizes,
  options: AvgPoolOptions,
  names: readonly string[],
): Tensor {
  expectFloat(op, 'input', input)
  checkOptions(op, options, names)
  if (input.ndim === rank + 1) {
    return unbatched(input, (batch) => avgPooling(op, rank, batch, kernelSize, options, names))
  }
  checkImages(op, rank, input)
  checkDivisor(op, options.divisorOverride)
  const settings = poolSettings(op, rank, kernelSize, options)
  const outputSize = pooledSizes(op, input, settings)
  const problem = problemOf(input, settings, outputSize, options)
  return pool(op, input, problem, [problem.n, problem.c, ...outputSize])
}

// One literal, written out, for the reason that stands above the one of max pooling.
function problemOf(
  input: Tensor,
  settings: PoolSettings,
  outputSize: readonly number[],
  { divisorOverride, countIncludePad }: AvgPoolOptions,
): AvgPoolProblem {
  const { n, c, id, ih, iw, od, oh, ow } = sizesOf(input, outputSize)
  const { kd, kh, kw, sd, sh, sw, pd, ph, pw } = windowOf(settings)
  const [divisor, excludePad] = [divisorOverride ?? 0, !(countIncludePad ?? true)]
  return { n, c, id, ih, iw, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, divisor, excludePad }
}

function pool(op: string, input: Tensor, problem: AvgPoolProblem, shape: Shape): Tensor {
  const source = inFormat(op, input, 'channelsLast')
  const buffer = source.buffer(op)
  const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  if (output.size > 0) backend().kernels.avgPoolForward(problem, buffer, output.buffer(op))
  disposeCopy(source, input)
  if (needsGrad(input)) {
    const { shape: inputShape } = input
    record(op, output, [input], null, (gradOutput) => [backward(op, problem, gradOutput, inputShape)])
  }
  return output
}

/** Every gradient goes in equal parts to the elements of its window. */
function backward(op: string, problem: AvgPoolProblem, gradOutput: Tensor, shape: Shape): Tensor {
  const grad = inFormat(op, gradOutput, 'channelsLast')
  const gradInput = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const buffers = [grad.buffer(op), gradInput.buffer(op)] as const
  if (gradInput.size > 0) backend().kernels.avgPoolBackward(problem, ...buffers)
  return gradInput
}
