import { backend } from '../kernels/select.ts'
import type { ReduceOp } from '../reference/index.ts'
import { physicalOrder } from '../tensor/layout.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { sizeOf } from '../util/shape.ts'
import { inAnyOrder } from './dense.ts'
import { isInteger, reduceInteger } from './integer.ts'

/** The shape of a reduction's result: the reduced dimensions become 1, or go. */
export function reducedShape(input: Tensor, dims: readonly number[], keepdim: boolean): number[] {
  if (keepdim) return input.shape.map((size, i) => (dims.includes(i) ? 1 : size))
  return input.shape.filter((_, i) => !dims.includes(i))
}

/** A reduction as kernels see it: the middle of a dense `[outer, size, inner]` buffer. */
interface Split {
  outer: number
  size: number
  inner: number
}

/**
 * `op` over the dimensions `dims` (ascending), outside the graph. The result keeps the order in memory of the remaining
 * dimensions. Over several dimensions a position counts in logical row-major order.
 */
export function reduceRaw(
  op: ReduceOp,
  input: Tensor,
  dims: readonly number[],
  { keepdim = false, correction = 0 }: { keepdim?: boolean; correction?: number } = {},
): Tensor {
  input.checkAlive(op)
  const shape = reducedShape(input, dims, keepdim)
  const needsLogicalOrder = isInteger(input) || ((op === 'argmax' || op === 'argmin') && dims.length > 1)
  const direct = needsLogicalOrder ? null : splitInPlace(op, input, dims)
  const arranged = direct === null ? arrange(op, input, dims) : null
  const source = direct === null ? (arranged as Tensor) : direct.source
  const split = direct === null ? lastSplit(input, dims) : direct.split
  const output = runReduce(op, source, split, correction, shape, direct === null ? null : direct.strides(keepdim))
  if (source !== input) source.dispose()
  return output
}

function runReduce(
  op: ReduceOp,
  source: Tensor,
  split: Split,
  correction: number,
  shape: readonly number[],
  strides: readonly number[] | null,
): Tensor {
  if (isInteger(source)) return reduceInteger(op, source, split, shape)
  const dtype = op === 'argmax' || op === 'argmin' ? 'int32' : 'float32'
  const buffer = source.buffer(op)
  const output = emptyTensor(shape, dtype, strides ?? undefined)
  if (output.size > 0) backend().kernels.reduce({ op, ...split, correction }, buffer, output.buffer(op))
  return output
}

/** A dense tensor's dimensions `dims` as one middle dimension, where they lie next to each other in memory. */
function splitInPlace(op: ReduceOp, input: Tensor, dims: readonly number[]) {
  if (input.size === 0) return null
  const source = inAnyOrder(op, input)
  const order = physicalOrder(source.shape, source.strides)
  const reduced = order.map((dim) => dims.includes(dim))
  const first = reduced.indexOf(true)
  const last = reduced.lastIndexOf(true)
  if (first !== -1 && reduced.slice(first, last).includes(false)) {
    if (source !== input) source.dispose()
    return null
  }
  const sizes = order.map((dim) => source.shape[dim])
  const split: Split =
    first === -1
      ? { outer: 1, size: 1, inner: source.size }
      : {
          outer: sizeOf(sizes.slice(0, first)),
          size: sizeOf(sizes.slice(first, last + 1)),
          inner: sizeOf(sizes.slice(last + 1)),
        }
  const strides = (keepdim: boolean): number[] => {
    const result = new Array<number>(source.ndim).fill(1)
    let stride = 1
    for (let i = order.length - 1; i >= 0; i--) {
      if (reduced[i]) continue
      result[order[i]] = stride
      stride *= sizes[i]
    }
    return keepdim ? result : result.filter((_, dim) => !dims.includes(dim))
  }
  return { source, split, strides }
}

/** A fresh row-major copy whose last dimensions are those to reduce. */
function arrange(op: string, input: Tensor, dims: readonly number[]): Tensor {
  const order = [...input.shape.keys()].filter((dim) => !dims.includes(dim)).concat(dims)
  const shape = order.map((dim) => input.shape[dim])
  const strides = order.map((dim) => input.strides[dim])
  const permuted = new Tensor(input.storage, input.offset, shape, strides, input.dtype, false)
  const output = emptyTensor(shape, input.dtype)
  copyElements(op, permuted, output)
  permuted.dispose()
  return output
}

function lastSplit(input: Tensor, dims: readonly number[]): Split {
  const size = dims.reduce((product, dim) => product * input.shape[dim], 1)
  const outer = input.shape.reduce((product, length, dim) => (dims.includes(dim) ? product : product * length), 1)
  return { outer, size, inner: 1 }
}
