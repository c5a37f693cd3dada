import { needsGrad, record, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { MaxPoolProblem } from '../reference/index.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkBoolean, checkOptions } from '../util/check.ts'
import type { Shape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { fuses } from './fusion.ts'
import {
  checkImages,
  type PoolOptions,
  type PoolSettings,
  pooledSizes,
  poolSettings,
  sizesOf,
  windowOf,
} from './pool_problem.ts'
import { relu } from './relu.ts'
import { unbatchedAll } from './unbatched.ts'

/** How the window of a max pooling moves, and what is returned. */
export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the window's elements, 1 by default. */
  dilation?: AxisSizes
  /** Whether to return `[maxima, indices]` instead of the maxima, `false` by default. */
  returnIndices?: boolean
}

/** A max pooling that returns the maxima or, with `returnIndices`, `[maxima, indices]`. */
interface MaxPool {
  (input: Tensor, kernelSize: AxisSizes, options: MaxPoolOptions & { returnIndices: true }): [Tensor, Tensor]
  (input: Tensor, kernelSize: AxisSizes, options?: MaxPoolOptions & { returnIndices?: false }): Tensor
  (input: Tensor, kernelSize: AxisSizes, options?: MaxPoolOptions): Tensor | [Tensor, Tensor]
}

/**
 * 1-D max pooling: `output[n, c, ow] = max_{kw} input[n, c, ow·S − P + kw·D]`; see {@link maxPool2d}.
 *
 * ```ts
 * F.maxPool1d(randn([8, 3, 100]), 4).shape // [8, 3, 25]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @returns `[N, C, OL]`; with `returnIndices` also int32 positions in the row
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export const maxPool1d = maxPooling('maxPool1d', 1)

/**
 * 2-D max pooling: `output[n, c, oh, ow] = max_{kh, kw} input[n, c, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW]`.
 *
 * Padding never wins. Of equal maxima the first in row-major order wins and gets the whole gradient; NaN wins over all.
 * A window of padding alone, which only a dilated one can be, gives −∞ and the index −1.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, OH, OW]` with `OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1` (`⌈…⌉` with `ceilMode`, unless the last
 *   window would start in the padding); with `returnIndices` also int32 positions `h · W + w`
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export const maxPool2d = maxPooling('maxPool2d', 2)

/**
 * 3-D max pooling: the maximum over `kd, kh, kw` of `input[n, c, od·SD − PD + kd·DD, oh·SH − PH + kh·DH,
 * ow·SW − PW + kw·DW]`; see {@link maxPool2d}.
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @returns `[N, C, OD, OH, OW]`; with `returnIndices` also int32 positions `(d · H + h) · W + w`
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export const maxPool3d = maxPooling('maxPool3d', 3)

const rectified = [1, 2, 3].map((rank) => maxPooling(`maxPool${rank}d`, rank, true))
const plain = [maxPool1d, maxPool2d, maxPool3d]

/** The max pooling of `relu(input)` in `rank` dimensions as one op, or as two with `STRIDED_FUSE=0`; without indices. */
export function reluMaxPool(rank: number, input: Tensor, kernelSize: AxisSizes, options: MaxPoolOptions): Tensor {
  const unindexed = { ...options, returnIndices: false } as const
  if (fuses()) return rectified[rank - 1](input, kernelSize, unindexed)
  const positive = relu(input)
  const output = plain[rank - 1](positive, kernelSize, unindexed)
  positive.dispose()
  return output
}

const OPTIONS = ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']

function maxPooling(op: string, rank: number, relu = false): MaxPool {
  function pooling(input: Tensor, kernelSize: AxisSizes, options: MaxPoolOptions = {}): Tensor | [Tensor, Tensor] {
    expectFloat(op, 'input', input)
    checkOptions(op, options, OPTIONS)
    if (input.ndim === rank + 1) {
      return unbatchedAll(input, (batch) => pooling(batch, kernelSize, options) as [Tensor, Tensor])
    }
    checkImages(op, rank, input)
    const settings = poolSettings(op, rank, kernelSize, options)
    const outputSize = pooledSizes(op, input, settings)
    const wantsIndices = checkBoolean(op, 'returnIndices', options.returnIndices ?? false)
    const problem = problemOf(input, settings, outputSize, wantsIndices, relu)
    const [output, indices] = pool(op, input, problem, [problem.n, problem.c, ...outputSize], wantsIndices)
    return indices === null ? output : [output, indices]
  }
  return pooling as MaxPool
}

// More taps than a byte can number.
const MANY_TAPS = 256

// One literal, written out: V8 gives an object that is spread together from so many fields a hidden class of its own at every
// call, which cost 140 microseconds and 6 KB that only a full collection took back.
function problemOf(
  input: Tensor,
  settings: PoolSettings,
  outputSize: readonly number[],
  wantsIndices: boolean,
  relu: boolean,
): MaxPoolProblem {
  const { dilation } = settings
  const w = dilation.length - 1
  const { n, c, id, ih, iw, od, oh, ow } = sizesOf(input, outputSize)
  const { kd, kh, kw, sd, sh, sw, pd, ph, pw } = windowOf(settings)
  const dd = w < 2 ? 1 : dilation[0]
  const dh = w < 1 ? 1 : dilation[w - 1]
  const positions = wantsIndices || kd * kh * kw >= MANY_TAPS
  return { n, c, id, ih, iw, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw: dilation[w], positions, relu }
}

function pool(
  op: string,
  input: Tensor,
  problem: MaxPoolProblem,
  shape: Shape,
  wantsIndices: boolean,
): [Tensor, Tensor | null] {
  const recorded = needsGrad(input)
  const source = inFormat(op, input, 'channelsLast')
  const buffer = source.buffer(op)
  const strides = channelsLastStrides(shape)
  const output = emptyTensor(shape, 'float32', strides)
  // Who won serves backward and, as another tensor object, the caller.
  const dtype = problem.positions ? 'int32' : 'uint8'
  const argmax = recorded || wantsIndices ? untracked(() => emptyTensor(shape, dtype, strides)) : null
  if (output.size > 0) {
    backend().kernels.maxPoolForward(problem, buffer, output.buffer(op), argmax?.buffer(op) ?? null)
  }
  disposeCopy(source, input)
  const indices = wantsIndices ? (argmax as Tensor).alias() : null
  if (recorded) {
    const saved = saveOwned(op, argmax as Tensor)
    const { shape: inputShape } = input
    record(op, output, [input], [saved], (gradOutput) => [backward(op, problem, gradOutput, saved.get(), inputShape)])
  } else argmax?.dispose()
  return [output, indices]
}

/** Every gradient goes to where its maximum was found. */
function backward(op: string, problem: MaxPoolProblem, gradOutput: Tensor, argmax: Tensor, shape: Shape): Tensor {
  const grad = inFormat(op, gradOutput, 'channelsLast')
  const gradInput = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const buffers = [grad.buffer(op), argmax.buffer(op), gradInput.buffer(op)] as const
  if (gradInput.size > 0) backend().kernels.maxPoolBackward(problem, ...buffers)
  return gradInput
}
