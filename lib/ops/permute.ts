import { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, normalizeDim } from '../util/shape.ts'
import { makeView } from './views.ts'

/**
 * A view with the dimensions in another order.
 *
 * @param dims every dimension of the input once
 * @returns `shape[i] = input.shape[dims[i]]`
 * @throws {ShapeError} when `dims` is no permutation.
 */
export function permute(input: Tensor, dims: readonly number[]): Tensor {
  if (!Array.isArray(dims)) throw new ShapeError(`permute: expected a list of dimensions, got ${describe(dims)}`)
  const order = (dims as readonly number[]).map((dim) => normalizeDim('permute', dim, input.ndim))
  if (order.length !== input.ndim || new Set(order).size !== order.length) {
    throw new ShapeError(
      `permute: expected every dimension once, got ${formatShape(dims)}; input ${formatShape(input.shape)}`,
    )
  }
  return reorder('permute', input, order)
}

function reorder(op: string, input: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((dim) => input.shape[dim])
  const strides = order.map((dim) => input.strides[dim])
  const inverse = new Array<number>(order.length)
  order.forEach((dim, i) => {
    inverse[dim] = i
  })
  return makeView(op, input, shape, strides, input.offset, (gradOutput) => reorder(op, gradOutput, inverse))
}

/**
 * A view with two dimensions swapped.
 *
 * @throws {RangeError} when a dimension does not exist.
 */
export function transpose(input: Tensor, dim0: number, dim1: number): Tensor {
  const first = normalizeDim('transpose', dim0, input.ndim)
  const second = normalizeDim('transpose', dim1, input.ndim)
  const order = [...input.shape.keys()]
  if (order.length > 0) {
    order[first] = second
    order[second] = first
  }
  return reorder('transpose', input, order)
}

/**
 * The transpose of a matrix, as a view; a vector or a number is returned as it is.
 *
 * @throws {ShapeError} for more than two dimensions.
 */
export function t(input: Tensor): Tensor {
  if (input.ndim > 2) {
    throw new ShapeError(`t: expected at most 2 dimensions, got ${input.ndim}; input ${formatShape(input.shape)}`)
  }
  return input.ndim < 2 ? input : transpose(input, 0, 1)
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** A view with the dimensions in another order. */
    permute(dims: readonly number[]): Tensor
    /** A view with two dimensions swapped. */
    transpose(dim0: number, dim1: number): Tensor
    /** The transpose of a matrix, as a view. */
    t(): Tensor
  }
}

Tensor.prototype.permute = function (dims) {
  return permute(this, dims)
}
Tensor.prototype.transpose = function (dim0, dim1) {
  return transpose(this, dim0, dim1)
}
Tensor.prototype.t = function () {
  return t(this)
}
