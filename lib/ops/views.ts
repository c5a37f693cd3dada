import { needsGrad, record } from '../autograd/node.ts'
import { type Strides, viewStrides } from '../tensor/layout.ts'
import { Tensor } from '../tensor/tensor.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, inferShape, normalizeDim, type Shape, sizeOf } from '../util/shape.ts'
import { copyAs } from './dense.ts'

/** A tensor on the input's memory whose gradient, of the view's shape, `backward` maps to one of the input's. */
export function makeView(
  op: string,
  input: Tensor,
  shape: Shape,
  strides: Strides,
  offset: number,
  backward: (gradOutput: Tensor) => Tensor,
): Tensor {
  input.checkAlive(op)
  const output = input.viewAs(shape, strides, offset, false)
  if (needsGrad(input)) record(op, output, [input], null, (gradOutput) => [backward(gradOutput)])
  return output
}

/** Shows the same elements under another shape, as a view where the order in memory allows and else as a copy. */
function reshapeAs(op: string, input: Tensor, shape: Shape): Tensor {
  const { shape: from } = input
  const backward = (gradOutput: Tensor): Tensor => reshapeAs(op, gradOutput, from)
  const strides = viewStrides(from, input.strides, shape)
  if (strides !== null) return makeView(op, input, shape, strides, input.offset, backward)
  const copy = copyAs(op, input, 'rowMajor')
  const strideOfCopy = viewStrides(from, copy.strides, shape) as Strides
  const output = new Tensor(copy.storage, 0, shape, strideOfCopy, input.dtype, true)
  copy.dispose()
  if (needsGrad(input)) record(op, output, [input], null, (gradOutput) => [backward(gradOutput)])
  return output
}

/**
 * The same elements, in logical row-major order, under another shape; a view where the order in memory allows it.
 *
 * @param shape one size may be −1 and is inferred
 * @throws {ShapeError} when the number of elements differs.
 */
export function reshape(input: Tensor, shape: Shape): Tensor {
  return reshapeAs('reshape', input, inferShape('reshape', shape, input.size, input.shape))
}

/**
 * Like {@link reshape}, but never copies.
 *
 * @throws {ShapeError} when the order in memory does not allow a view.
 */
export function view(input: Tensor, shape: Shape): Tensor {
  const to = inferShape('view', shape, input.size, input.shape)
  if (viewStrides(input.shape, input.strides, to) === null) {
    throw new ShapeError(
      `view: expected an order in memory that ${formatShape(to)} can be read from without a copy, ` +
        `got strides ${formatShape(input.strides)}; input ${formatShape(input.shape)}; use reshape`,
    )
  }
  return reshapeAs('view', input, to)
}

/**
 * Joins the dimensions from `startDim` to `endDim`, both included, into one.
 *
 * @returns `[..., product of the joined sizes, ...]`; a single number becomes `[1]`
 * @throws {RangeError} when `startDim` comes after `endDim`.
 */
export function flatten(input: Tensor, startDim = 0, endDim = -1): Tensor {
  if (input.ndim === 0) return reshapeAs('flatten', input, [1])
  const start = normalizeDim('flatten', startDim, input.ndim)
  const end = normalizeDim('flatten', endDim, input.ndim)
  if (start > end) throw new RangeError(`flatten: expected startDim <= endDim, got ${startDim} and ${endDim}`)
  if (start === end) return input
  const joined = sizeOf(input.shape.slice(start, end + 1))
  return reshapeAs('flatten', input, [...input.shape.slice(0, start), joined, ...input.shape.slice(end + 1)])
}

/**
 * Splits one dimension into several.
 *
 * @param sizes their product is the size of `dim`; one may be −1
 * @throws {ShapeError} when it is not.
 */
export function unflatten(input: Tensor, dim: number, sizes: Shape): Tensor {
  if (input.ndim === 0) throw new ShapeError('unflatten: expected at least one dimension; input []')
  const at = normalizeDim('unflatten', dim, input.ndim)
  const parts = inferShape('unflatten', sizes, input.shape[at], input.shape)
  return reshapeAs('unflatten', input, [...input.shape.slice(0, at), ...parts, ...input.shape.slice(at + 1)])
}

/**
 * Drops dimensions of size 1: all of them, or those named that have it.
 *
 * @throws {RangeError} when a dimension does not exist.
 */
export function squeeze(input: Tensor, dim?: number | readonly number[]): Tensor {
  const named = dim === undefined || Array.isArray(dim) ? dim : [dim as number]
  const dims = named?.map((item: number) => normalizeDim('squeeze', item, input.ndim))
  const kept = [...input.shape.keys()].filter((i) => input.shape[i] !== 1 || (dims !== undefined && !dims.includes(i)))
  return pick('squeeze', input, kept)
}

function pick(op: string, input: Tensor, dims: readonly number[]): Tensor {
  const { shape: from } = input
  const shape = dims.map((i) => from[i])
  const strides = dims.map((i) => input.strides[i])
  return makeView(op, input, shape, strides, input.offset, (gradOutput) => reshapeAs(op, gradOutput, from))
}

/**
 * Inserts a dimension of size 1.
 *
 * @param dim where, from −ndim − 1 to ndim
 * @throws {RangeError} when there is no such place.
 */
export function unsqueeze(input: Tensor, dim: number): Tensor {
  const at = normalizeDim('unsqueeze', dim, input.ndim + 1)
  const { shape: from } = input
  const shape = from.toSpliced(at, 0, 1)
  const strides = input.strides.toSpliced(at, 0, 1)
  return makeView('unsqueeze', input, shape, strides, input.offset, (grad) => reshapeAs('unsqueeze', grad, from))
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** The same elements under another shape; one size may be −1. A view where the order in memory allows it. */
    reshape(shape: Shape): Tensor
    /** Like `reshape`, but never copies. */
    view(shape: Shape): Tensor
    /** Joins the dimensions from `startDim` (0) to `endDim` (−1), both included. */
    flatten(startDim?: number, endDim?: number): Tensor
    /** Splits a dimension into several. */
    unflatten(dim: number, sizes: Shape): Tensor
    /** Drops dimensions of size 1. */
    squeeze(dim?: number | readonly number[]): Tensor
    /** Inserts a dimension of size 1. */
    unsqueeze(dim: number): Tensor
  }
}

Tensor.prototype.reshape = function (shape) {
  return reshape(this, shape)
}
Tensor.prototype.view = function (shape) {
  return view(this, shape)
}
Tensor.prototype.flatten = function (startDim, endDim) {
  return flatten(this, startDim, endDim)
}
Tensor.prototype.unflatten = function (dim, sizes) {
  return unflatten(this, dim, sizes)
}
Tensor.prototype.squeeze = function (dim) {
  return squeeze(this, dim)
}
Tensor.prototype.unsqueeze = function (dim) {
  return unsqueeze(this, dim)
}
