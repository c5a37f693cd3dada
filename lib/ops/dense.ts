import { backend } from '../kernels/select.ts'
import type { DType } from '../tensor/dtype.ts'
import { channelsLastStrides, hasFormat, type MemoryFormat, type Strides, sameLayout } from '../tensor/layout.ts'
import { copyElements, emptyLike, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'

/**
 * Checks that an argument is a tensor.
 *
 * @throws {DTypeError} naming the argument.
 */
export function expectTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return
  throw new DTypeError(`${op}: expected ${name} to be a tensor, got ${describe(value)}`)
}

/**
 * Checks the element type of an op that only computes with float32.
 *
 * @throws {DTypeError} naming the argument, also when it is no tensor.
 */
export function expectFloat(op: string, name: string, input: Tensor): void {
  expectTensor(op, name, input)
  if (input.dtype === 'float32') return
  throw new DTypeError(
    `${op}: expected ${name} to be float32, got ${input.dtype}; ${name} ${formatShape(input.shape)}; convert it with to('float32')`,
  )
}

/** A fresh copy in the given order in memory; outside the graph. */
export function copyAs(op: string, input: Tensor, format: MemoryFormat): Tensor {
  const strides = format === 'channelsLast' ? channelsLastStrides(input.shape) : undefined
  const output = emptyTensor(input.shape, input.dtype, strides)
  copyElements(op, input, output)
  return output
}

/** The input itself when it lies in the given order without gaps, else a fresh copy that the caller disposes. */
export function inFormat(op: string, input: Tensor, format: MemoryFormat): Tensor {
  return hasFormat(input.shape, input.strides, format) ? input : copyAs(op, input, format)
}

/** The input itself when it is dense in any order, else a fresh row-major copy that the caller disposes. */
export function inAnyOrder(op: string, input: Tensor): Tensor {
  return input.isDense() ? input : copyAs(op, input, 'rowMajor')
}

/** The input itself when it lies in memory as the dense `strides` say, else a fresh copy that does. */
export function withStrides(op: string, input: Tensor, strides: Strides): Tensor {
  if (sameLayout(input.shape, input.strides, strides)) return input
  const output = emptyTensor(input.shape, input.dtype, strides)
  copyElements(op, input, output)
  return output
}

/** Disposes a tensor that {@link inFormat} or {@link inAnyOrder} had to make. */
export function disposeCopy(copy: Tensor, original: Tensor): void {
  if (copy !== original) copy.dispose()
}

/** A fresh copy in the same order in memory, outside the graph. */
export function cloneRaw(op: string, input: Tensor): Tensor {
  const output = emptyLike(input)
  copyElements(op, input, output)
  return output
}

/** A fresh tensor of another element type in the same order in memory, outside the graph. */
export function castRaw(op: string, input: Tensor, dtype: DType): Tensor {
  const dense = inAnyOrder(op, input)
  const output = emptyTensor(dense.shape, dtype, dense.strides)
  const problem = { size: input.size, from: input.dtype, to: dtype }
  const buffer = dense.buffer(op)
  if (input.size > 0) backend().kernels.cast(problem, buffer, output.buffer(op))
  disposeCopy(dense, input)
  return output
}
