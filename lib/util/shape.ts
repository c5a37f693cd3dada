import { describe } from './check.ts'
import { RangeError, ShapeError } from './errors.ts'

/** Sizes of a tensor's dimensions, outermost first. */
export type Shape = readonly number[]

/** A shape as error messages print it: `[8, 3, 32, 32]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** Number of elements of a shape; 1 for the shape `[]` of a single number. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]
  return size
}

/** Whether two shapes agree in every dimension. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Strides, in elements, of a dense tensor whose last dimension varies fastest. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]
  }
  return strides
}

/**
 * Checks a shape given by a caller.
 *
 * @throws {ShapeError} when a size is negative, fractional or not finite.
 */
export function checkShape(op: string, shape: Shape): void {
  expectList(op, shape)
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`${op}: expected a shape of non-negative integers, got ${describe(shape)}`)
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape))) {
    throw new ShapeError(`${op}: shape ${formatShape(shape)} has more elements than can be counted`)
  }
}

/**
 * Checks that a caller gave a list of sizes.
 *
 * @throws {ShapeError} when it is none.
 */
export function expectList(op: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: expected a shape such as [2, 3], got ${describe(shape)}`)
}

/**
 * Maps a dimension that may count from the end onto `0 … ndim − 1`. A single number counts as having one dimension.
 *
 * @throws {RangeError} when there is no such dimension.
 */
export function normalizeDim(op: string, dim: number, ndim: number): number {
  const count = ndim === 0 ? 1 : ndim
  if (!Number.isInteger(dim) || dim < -count || dim >= count) {
    throw new RangeError(`${op}: expected a dimension from ${-count} to ${count - 1}, got ${describe(dim)}`)
  }
  return dim < 0 ? dim + count : dim
}

/**
 * Normalises one dimension, several, or none (all of them), in ascending order.
 *
 * @throws {RangeError} when a dimension does not exist or is named twice.
 */
export function normalizeDims(op: string, dims: number | readonly number[] | undefined | null, ndim: number): number[] {
  if (dims === undefined || dims === null) return Array.from({ length: ndim }, (_, i) => i)
  const list = (Array.isArray(dims) ? dims : [dims as number]).map((dim) => normalizeDim(op, dim, ndim))
  list.sort((a, b) => a - b)
  for (let i = 1; i < list.length; i++) {
    if (list[i] === list[i - 1]) throw new RangeError(`${op}: dimension ${list[i]} is named twice`)
  }
  return ndim === 0 ? [] : list
}

/**
 * The shape two operands broadcast to: aligned at the end, sizes must agree or be 1.
 *
 * @throws {ShapeError} when they do not broadcast.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a
  const ndim = Math.max(a.length, b.length)
  const shape = new Array<number>(ndim)
  for (let i = 0; i < ndim; i++) {
    const sizeA = i < ndim - a.length ? 1 : a[i - ndim + a.length]
    const sizeB = i < ndim - b.length ? 1 : b[i - ndim + b.length]
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(
        `${op}: expected sizes that agree or are 1 in dimension ${i - ndim}, got ${sizeA} and ${sizeB}; ` +
          `shapes ${formatShape(a)}, ${formatShape(b)}`,
      )
    }
    shape[i] = sizeA === 1 ? sizeB : sizeA
  }
  return shape
}

/**
 * Replaces the one −1 of a requested shape by the size that makes `size` elements.
 *
 * @throws {ShapeError} when the number of elements cannot be met.
 */
export function inferShape(op: string, requested: Shape, size: number, from: Shape): number[] {
  expectList(op, requested)
  checkShape(
    op,
    requested.filter((size) => size !== -1),
  )
  const shape = [...requested]
  let known = 1
  let unknown = -1
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === -1 && unknown === -1) unknown = i
    else if (shape[i] === -1) {
      throw new ShapeError(`${op}: expected at most one -1 in the shape, got ${formatShape(requested)}`)
    } else known *= shape[i]
  }
  if (unknown !== -1 && known > 0 && size % known === 0) shape[unknown] = size / known
  else if (unknown !== -1 || known !== size) {
    throw new ShapeError(
      `${op}: expected a shape of ${size} elements, got ${formatShape(requested)}; input ${formatShape(from)}`,
    )
  }
  return shape
}
