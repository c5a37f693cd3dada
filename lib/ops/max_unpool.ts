import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { MaxUnpoolProblem } from '../reference/index.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import type { AxisSizes } from '../util/axes.ts'
import { checkOptions, describe } from '../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, type Shape, sameShape } from '../util/shape.ts'
import { castRaw, disposeCopy, expectFloat, expectTensor, inFormat } from './dense.ts'
import { checkImages, type PoolSettings, poolSettings, sizesOf } from './pool_problem.ts'
import { squeeze, unsqueeze } from './views.ts'

/** The pooling that is undone; its window alone leaves the size of the image open by less than a stride. */
export interface MaxUnpoolOptions {
  /** Step of the window that the maxima are from; the window's own size by default. */
  stride?: AxisSizes | null
  /** Padding of the pooling, 0 by default. */
  padding?: AxisSizes
  /**
   * Size of the image that was pooled, its spatial dimensions or all; less than a stride away from the default
   * `(OH − 1) · stride − 2 · padding + kernelSize`.
   */
  outputSize?: readonly number[] | null
}

/** Names of {@link MaxUnpoolOptions}. */
const OPTIONS = ['stride', 'padding', 'outputSize']

/**
 * Undoes {@link maxPool1d} as far as that can be done; see {@link maxUnpool2d}.
 *
 * @param input `[N, C, OL]` or `[C, OL]`
 * @param indices what `maxPool1d` returned as indices, of the same shape
 * @returns `[N, C, L]`
 * @throws {ShapeError} when input and indices differ in shape.
 * @throws {RangeError} for an index outside the output and an impossible `outputSize`.
 */
export function maxUnpool1d(
  input: Tensor,
  indices: Tensor,
  kernelSize: AxisSizes,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool('maxUnpool1d', 1, input, indices, kernelSize, options)
}

/**
 * Undoes {@link maxPool2d} as far as that can be done: `output[n, c, indices[n, c, oh, ow]] = input[n, c, oh, ow]`, and 0
 * everywhere else. Of several maxima that come from the same place the last one stays.
 *
 * @param input `[N, C, OH, OW]` or `[C, OH, OW]`
 * @param indices what `maxPool2d` returned as indices, positions `h · W + w`, of the same shape
 * @returns `[N, C, H, W]` with `H = (OH − 1) · stride − 2 · padding + kernelSize`, or what `outputSize` says
 * @throws {ShapeError} when input and indices differ in shape.
 * @throws {RangeError} for an index outside the output and an impossible `outputSize`.
 */
export function maxUnpool2d(
  input: Tensor,
  indices: Tensor,
  kernelSize: AxisSizes,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool('maxUnpool2d', 2, input, indices, kernelSize, options)
}

/**
 * Undoes {@link maxPool3d} as far as that can be done; see {@link maxUnpool2d}.
 *
 * @param input `[N, C, OD, OH, OW]` or `[C, OD, OH, OW]`
 * @param indices what `maxPool3d` returned as indices, of the same shape
 * @returns `[N, C, D, H, W]`
 * @throws {ShapeError} when input and indices differ in shape.
 * @throws {RangeError} for an index outside the output and an impossible `outputSize`.
 */
export function maxUnpool3d(
  input: Tensor,
  indices: Tensor,
  kernelSize: AxisSizes,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool('maxUnpool3d', 3, input, indices, kernelSize, options)
}

function maxUnpool(
  op: string,
  rank: number,
  input: Tensor,
  indices: Tensor,
  kernelSize: AxisSizes,
  options: MaxUnpoolOptions,
): Tensor {
  expectFloat(op, 'input', input)
  checkOptions(op, options, OPTIONS)
  checkIndices(op, input, indices)
  if (input.ndim === rank + 1) {
    const batches = [unsqueeze(input, 0), unsqueeze(indices, 0)]
    const result = maxUnpool(op, rank, batches[0], batches[1], kernelSize, options)
    const output = squeeze(result, 0)
    for (const batch of [...batches, result]) batch.dispose()
    return output
  }
  checkImages(op, rank, input)
  const { stride, padding } = options
  const settings = poolSettings(op, rank, kernelSize, { stride, padding })
  const sizes = unpooledSizes(op, input, settings, options.outputSize ?? null)
  return unpool(op, input, indices, sizesOf(input, sizes), [input.shape[0], input.shape[1], ...sizes])
}

function checkIndices(op: string, input: Tensor, indices: Tensor): void {
  expectTensor(op, 'indices', indices)
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64') {
    throw new DTypeError(`${op}: expected indices to be int32 or int64, got ${indices.dtype}`)
  }
  if (sameShape(input.shape, indices.shape)) return
  throw new ShapeError(
    `${op}: expected indices of the input's shape; input ${formatShape(input.shape)}, ` +
      `indices ${formatShape(indices.shape)}`,
  )
}

/** Size of the output along every dimension, having made sure that it is less than a stride off the default. */
function unpooledSizes(
  op: string,
  input: Tensor,
  { kernelSize, stride, padding }: PoolSettings,
  outputSize: readonly number[] | null,
): number[] {
  const rank = kernelSize.length
  if (outputSize !== null && outputSize.length !== rank && outputSize.length !== rank + 2) {
    throw new ShapeError(
      `${op}: expected outputSize of ${rank} or ${rank + 2} sizes, got ${describe(outputSize)}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  return kernelSize.map((reach, i) => {
    const usual = (input.shape[i + 2] - 1) * stride[i] - 2 * padding[i] + reach
    const size = outputSize?.at(i - rank) ?? usual
    const [least, most] = [Math.max(1, usual - stride[i] + 1), usual + stride[i] - 1]
    if (Number.isSafeInteger(size) && size >= least && size <= most) return size
    throw new RangeError(
      `${op}: expected outputSize[${i}] from ${least} to ${most}, got ${describe(size)}; ` +
        `input ${formatShape(input.shape)}`,
    )
  })
}

function unpool(op: string, input: Tensor, indices: Tensor, problem: MaxUnpoolProblem, shape: Shape): Tensor {
  const source = inFormat(op, input, 'channelsLast')
  const whole = indices.dtype === 'int32' ? indices : castRaw(op, indices, 'int32')
  const positions = inFormat(op, whole, 'channelsLast')
  const buffers = [source.buffer(op), positions.buffer(op)] as const
  const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const outside = output.size > 0 ? backend().kernels.maxUnpoolForward(problem, ...buffers, output.buffer(op)) : 0
  const failure = outside > 0 ? outsideError(op, positions, shape) : null
  if (failure === null && needsGrad(input)) {
    const saved = save(op, positions)
    const { shape: inputShape } = input
    record(op, output, [input], [saved], (gradOutput) => {
      const grad = inFormat(op, gradOutput, 'channelsLast')
      const gradInput = emptyTensor(inputShape, 'float32', channelsLastStrides(inputShape))
      const operands = [grad.buffer(op), saved.get().buffer(op), gradInput.buffer(op)] as const
      if (gradInput.size > 0) backend().kernels.maxUnpoolBackward(problem, ...operands)
      return [gradInput]
    })
  }
  disposeCopy(source, input)
  disposeCopy(positions, whole)
  disposeCopy(whole, indices)
  if (failure === null) return output
  output.dispose()
  throw failure
}

function outsideError(op: string, positions: Tensor, shape: Shape): RangeError {
  const plane = shape.slice(2).reduce((product, size) => product * size, 1)
  const found = [...(positions.toTypedArray() as Int32Array)].find((index) => index < 0 || index >= plane)
  return new RangeError(
    `${op}: expected indices from 0 to ${plane - 1}, got ${found}; indices ${formatShape(positions.shape)}, ` +
      `output ${formatShape(shape)}`,
  )
}
