import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, describe } from '../util/check.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { expectTensor } from './dense.ts'
import { checkImages } from './pool_problem.ts'

/** A size for every spatial dimension, or one for each, the outermost first; null keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[]

// What a list of that many sizes stands for, in error messages.
const LISTS = ['', '[length]', '[height, width]', '[depth, height, width]']

/**
 * Checks the output size of an adaptive pooling over `rank` spatial dimensions and expands it to one for each.
 *
 * @throws {DTypeError} when it is neither a size nor a list of `rank` sizes.
 * @throws {RangeError} when a size is fractional or negative.
 */
export function toOutputSize(op: string, rank: number, outputSize: OutputSize): (number | null)[] {
  const sizes = typeof outputSize === 'number' || outputSize === null ? [outputSize] : outputSize
  if (!Array.isArray(sizes) || (sizes !== outputSize ? 1 : rank) !== sizes.length) {
    throw new DTypeError(
      `${op}: expected outputSize to be a number, null or ${LISTS[rank]}, got ${describe(outputSize)}`,
    )
  }
  sizes.forEach((size, i) => {
    if (size !== null) checkInteger(op, sizes === outputSize ? `outputSize[${i}]` : 'outputSize', size, 0)
  })
  return sizes === outputSize ? [...sizes] : new Array<number | null>(rank).fill(sizes[0])
}

/** The same with the input's own sizes for null, having checked the input. */
export function adaptiveSizes(op: string, rank: number, input: Tensor, outputSize: OutputSize): number[] {
  const sizes = toOutputSize(op, rank, outputSize)
  checkImages(op, rank, input)
  return sizes.map((size, i) => size ?? input.shape[i + 2])
}

/**
 * The number of spatial dimensions of a batch for global pooling.
 *
 * @throws {ShapeError} when it is not 1, 2 or 3.
 */
export function globalRank(op: string, input: Tensor): number {
  expectTensor(op, 'input', input)
  if (input.ndim >= 3 && input.ndim <= 5) return input.ndim - 2
  throw new ShapeError(
    `${op}: expected input of 3, 4 or 5 dimensions, [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
  )
}
