import { fillElements } from '../tensor/create.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkInteger, describe } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { expectList, formatShape, normalizeDim, type Shape } from '../util/shape.ts'
import { makeView } from './views.ts'

function dimOf(op: string, input: Tensor, dim: number): number {
  if (input.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension; input []`)
  return normalizeDim(op, dim, input.ndim)
}

/** A view of `length` elements of one dimension, `step` apart. Its gradient is 0 everywhere else. */
function cut(op: string, input: Tensor, dim: number, start: number, length: number, step: number): Tensor {
  const { shape: from } = input
  const shape = from.with(dim, length)
  const strides = input.strides.with(dim, input.strides[dim] * step)
  const offset = length === 0 ? input.offset : input.offset + start * input.strides[dim]
  return makeView(op, input, shape, strides, offset, (gradOutput) => {
    const gradInput = emptyTensor(from, 'float32')
    fillElements(op, gradInput, 0)
    const { strides: gradStrides } = gradInput
    const placed = gradStrides.with(dim, gradStrides[dim] * step)
    const place = new Tensor(gradInput.storage, start * gradStrides[dim], shape, placed, 'float32', false)
    copyElements(op, gradOutput, place)
    place.dispose()
    return gradInput
  })
}

/**
 * A view of the elements `start, start + step, …` below `end` of one dimension, as `input[start:end:step]` in PyTorch:
 * negative bounds count from the end, and bounds beyond the ends are brought back to them.
 *
 * @returns the input's shape with `⌈(end − start) / step⌉` in `dim`
 * @throws {RangeError} when `step` is not a positive integer.
 */
export function slice(input: Tensor, dim: number, start = 0, end = Number.POSITIVE_INFINITY, step = 1): Tensor {
  const at = dimOf('slice', input, dim)
  checkInteger('slice', 'step', step, 1)
  const size = input.shape[at]
  const bound = (name: string, value: number): number => {
    if (!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY) {
      throw new RangeError(`slice: expected ${name} to be an integer, got ${describe(value)}`)
    }
    return Math.min(size, Math.max(0, value < 0 ? value + size : value))
  }
  const first = bound('start', start)
  const length = Math.max(0, Math.ceil((bound('end', end) - first) / step))
  return cut('slice', input, at, first, length, step)
}

/**
 * A view of `length` neighbouring elements of one dimension.
 *
 * @throws {RangeError} when they do not all exist.
 */
export function narrow(input: Tensor, dim: number, start: number, length: number): Tensor {
  const at = dimOf('narrow', input, dim)
  const size = input.shape[at]
  const first = start < 0 ? start + size : start
  checkInteger('narrow', 'length', length, 0)
  if (!Number.isInteger(first) || first < 0 || first + length > size) {
    throw new RangeError(
      `narrow: expected elements within 0 to ${size - 1} of dimension ${dim}, got start ${start}, length ${length}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  return cut('narrow', input, at, first, length, 1)
}

/**
 * A view of one element of a dimension, which goes.
 *
 * @throws {RangeError} when there is no such element.
 */
export function select(input: Tensor, dim: number, index: number): Tensor {
  const at = dimOf('select', input, dim)
  const size = input.shape[at]
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new RangeError(
      `select: expected an index from ${-size} to ${size - 1} of dimension ${dim}, got ${index}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  const one = cut('select', input, at, index < 0 ? index + size : index, 1, 1)
  const output = one.squeeze(at)
  one.dispose()
  return output
}

/**
 * Views of neighbouring parts of one dimension.
 *
 * @param sizes the size of every part, the last one smaller if need be, or the list of all sizes
 * @throws {ShapeError} when a list does not add up.
 */
export function split(input: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  const at = dimOf('split', input, dim)
  const size = input.shape[at]
  const list = typeof sizes === 'number' ? equalParts(size, checkInteger('split', 'size', sizes, 1)) : sizes
  checkParts(input.shape, list, size)
  let start = 0
  return list.map((length) => {
    const part = cut('split', input, at, start, length, 1)
    start += length
    return part
  })
}

function checkParts(shape: Shape, list: readonly number[], size: number): void {
  expectList('split', list)
  for (const part of list) checkInteger('split', 'size', part, 0)
  const total = list.reduce((sum, part) => sum + part, 0)
  if (total === size) return
  throw new ShapeError(
    `split: expected sizes that add up to ${size}, got ${formatShape(list)}, which add up to ${total}; ` +
      `input ${formatShape(shape)}`,
  )
}

function equalParts(size: number, part: number): number[] {
  const count = Math.max(1, Math.ceil(size / part))
  return Array.from({ length: count }, (_, i) => Math.min(part, size - i * part))
}

/**
 * Views of at most `chunks` parts of one dimension, all of size `⌈size / chunks⌉` but the last.
 *
 * @throws {RangeError} when `chunks` is not a positive integer.
 */
export function chunk(input: Tensor, chunks: number, dim = 0): Tensor[] {
  const at = dimOf('chunk', input, dim)
  checkInteger('chunk', 'chunks', chunks, 1)
  return split(input, Math.max(1, Math.ceil(input.shape[at] / chunks)), at)
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** A view of the elements `start, start + step, …` below `end` of one dimension. */
    slice(dim: number, start?: number, end?: number, step?: number): Tensor
    /** A view of `length` neighbouring elements of one dimension. */
    narrow(dim: number, start: number, length: number): Tensor
    /** A view of one element of a dimension, which goes. */
    select(dim: number, index: number): Tensor
    /** Views of neighbouring parts of one dimension. */
    split(sizes: number | readonly number[], dim?: number): Tensor[]
    /** Views of at most `chunks` equal parts of one dimension. */
    chunk(chunks: number, dim?: number): Tensor[]
  }
}

Tensor.prototype.slice = function (dim, start, end, step) {
  return slice(this, dim, start, end, step)
}
Tensor.prototype.narrow = function (dim, start, length) {
  return narrow(this, dim, start, length)
}
Tensor.prototype.select = function (dim, index) {
  return select(this, dim, index)
}
Tensor.prototype.split = function (sizes, dim) {
  return split(this, sizes, dim)
}
Tensor.prototype.chunk = function (chunks, dim) {
  return chunk(this, chunks, dim)
}
