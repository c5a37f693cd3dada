import { broadcastStrides } from '../tensor/layout.ts'
import { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { checkShape, expectList, formatShape, type Shape } from '../util/shape.ts'
import { sumTo } from './sum_to.ts'
import { makeView } from './views.ts'

/**
 * A view that repeats dimensions of size 1, and new leading ones, without copying.
 *
 * @param shape sizes to reach; −1 keeps a dimension's size
 * @throws {ShapeError} when a dimension of another size than 1 would have to change.
 */
export function expand(input: Tensor, shape: Shape): Tensor {
  return expandAs('expand', input, shape)
}

/** The view that broadcasting would show; like {@link expand} without −1. */
export function broadcastTo(input: Tensor, shape: Shape): Tensor {
  checkShape('broadcastTo', shape)
  return expandAs('broadcastTo', input, shape)
}

function expandAs(op: string, input: Tensor, requested: Shape): Tensor {
  expectList(op, requested)
  const { shape: from } = input
  const lead = requested.length - from.length
  const shape = requested.map((size, i) => (size === -1 && i >= lead ? from[i - lead] : size))
  const fits = lead >= 0 && from.every((size, i) => size === 1 || size === shape[lead + i])
  if (!fits) {
    throw new ShapeError(
      `${op}: expected a shape that the input broadcasts to, got ${describe(requested)}; input ${formatShape(from)}`,
    )
  }
  checkShape(op, shape)
  const strides = broadcastStrides(from, input.strides, shape)
  return makeView(op, input, shape, strides, input.offset, (gradOutput) => sumTo(gradOutput, from))
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** A view that repeats dimensions of size 1; −1 keeps a dimension's size. */
    expand(shape: Shape): Tensor
    /** A view of the shape that broadcasting gives. */
    broadcastTo(shape: Shape): Tensor
  }
}

Tensor.prototype.expand = function (shape) {
  return expand(this, shape)
}
Tensor.prototype.broadcastTo = function (shape) {
  return broadcastTo(this, shape)
}
