import { needsGrad, record, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { zeros } from '../tensor/create.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { adaptiveSizes, globalRank, type OutputSize } from './adaptive_problem.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { sizesOf } from './pool_problem.ts'
import { unbatchedAll } from './unbatched.ts'

/** What an adaptive max pooling returns. */
export interface AdaptiveMaxPoolOptions {
  /** Whether to return `[maxima, indices]` instead of the maxima, `false` by default. */
  returnIndices?: boolean
}

/** Names of {@link AdaptiveMaxPoolOptions}. */
export const ADAPTIVE_MAX_POOL_OPTIONS = ['returnIndices']

/** An adaptive max pooling that returns the maxima or, with `returnIndices`, `[maxima, indices]`. */
interface AdaptiveMaxPool {
  (input: Tensor, outputSize: OutputSize, options: { returnIndices: true }): [Tensor, Tensor]
  (input: Tensor, outputSize: OutputSize, options?: { returnIndices?: false }): Tensor
  (input: Tensor, outputSize: OutputSize, options?: AdaptiveMaxPoolOptions): Tensor | [Tensor, Tensor]
}

/**
 * 1-D max pooling to a given length; see {@link adaptiveMaxPool2d}.
 *
 * ```ts
 * F.adaptiveMaxPool1d(randn([8, 3, 100]), 7).shape // [8, 3, 7]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @param outputSize the length, or null for the input's
 * @returns `[N, C, outputSize]`; with `returnIndices` also int32 positions in the row
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty row.
 * @throws {RangeError} when a size is fractional or negative.
 */
export const adaptiveMaxPool1d = adaptiveMaxPooling('adaptiveMaxPool1d', 1)

/**
 * 2-D max pooling to a given size: output `oh` is the maximum over the rows from `⌊oh · H / OH⌋` to `⌈(oh + 1) · H / OH⌉`,
 * columns likewise. Of equal maxima the first in row-major order wins and gets the whole gradient; NaN wins over all.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param outputSize `[OH, OW]` or one number for both; null keeps the input's size
 * @returns `[N, C, OH, OW]`; with `returnIndices` also int32 positions `h · W + w`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty plane.
 * @throws {RangeError} when a size is fractional or negative.
 */
export const adaptiveMaxPool2d = adaptiveMaxPooling('adaptiveMaxPool2d', 2)

/**
 * 3-D max pooling to a given size; see {@link adaptiveMaxPool2d}.
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @param outputSize `[OD, OH, OW]` or one number for all; null keeps the input's size
 * @returns `[N, C, OD, OH, OW]`; with `returnIndices` also int32 positions `(d · H + h) · W + w`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty volume.
 * @throws {RangeError} when a size is fractional or negative.
 */
export const adaptiveMaxPool3d = adaptiveMaxPooling('adaptiveMaxPool3d', 3)

/**
 * Maximum of every plane: `output[n, c] = max over the spatial dimensions of input[n, c, …]`, which stay with size 1. The
 * first of equal maxima gets the gradient.
 *
 * @param input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`
 * @returns `[N, C, 1]`, `[N, C, 1, 1]` or `[N, C, 1, 1, 1]`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty plane.
 */
export function globalMaxPool(input: Tensor): Tensor {
  return adaptiveMaxPooling('globalMaxPool', globalRank('globalMaxPool', input))(input, 1)
}

function adaptiveMaxPooling(op: string, rank: number): AdaptiveMaxPool {
  function pooling(
    input: Tensor,
    outputSize: OutputSize,
    options: AdaptiveMaxPoolOptions = {},
  ): Tensor | [Tensor, Tensor] {
    expectFloat(op, 'input', input)
    checkOptions(op, options, ADAPTIVE_MAX_POOL_OPTIONS)
    if (input.ndim === rank + 1) {
      return unbatchedAll(input, (batch) => pooling(batch, outputSize, options) as [Tensor, Tensor])
    }
    const [output, indices] = pool(
      op,
      input,
      adaptiveSizes(op, rank, input, outputSize),
      options.returnIndices ?? false,
    )
    return indices === null ? output : [output, indices]
  }
  return pooling as AdaptiveMaxPool
}

function pool(op: string, input: Tensor, sizes: readonly number[], wantsIndices: boolean): [Tensor, Tensor | null] {
  const problem = sizesOf(input, sizes)
  const shape = [problem.n, problem.c, ...sizes]
  const strides = channelsLastStrides(shape)
  const recorded = needsGrad(input)
  const source = inFormat(op, input, 'channelsLast')
  const buffer = source.buffer(op)
  const output = emptyTensor(shape, 'float32', strides)
  // Positions of the maxima serve backward and, as another tensor object, the caller.
  const argmax = recorded || wantsIndices ? untracked(() => emptyTensor(shape, 'int32', strides)) : null
  if (output.size > 0) {
    backend().kernels.adaptiveMaxPoolForward(problem, buffer, output.buffer(op), argmax?.buffer(op) ?? null)
  }
  disposeCopy(source, input)
  const indices = wantsIndices ? (argmax as Tensor).alias() : null
  if (recorded) {
    const saved = saveOwned(op, argmax as Tensor)
    const { shape: inputShape } = input
    record(op, output, [input], [saved], (gradOutput) => {
      if (gradOutput.size === 0) return [zeros(inputShape)]
      const grad = inFormat(op, gradOutput, 'channelsLast')
      const gradInput = emptyTensor(inputShape, 'float32', channelsLastStrides(inputShape))
      const buffers = [grad.buffer(op), saved.get().buffer(op), gradInput.buffer(op)] as const
      backend().kernels.adaptiveMaxPoolBackward(problem, ...buffers)
      return [gradInput]
    })
  } else argmax?.dispose()
  return [output, indices]
}
