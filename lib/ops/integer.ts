import { backend } from '../kernels/select.ts'
import type { BinaryOp, CompareOp, ReduceOp, UnaryOp } from '../reference/index.ts'
import { type AnyArray, type DType, newArray, promote } from '../tensor/dtype.ts'
import { broadcastStrides } from '../tensor/layout.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import { broadcastShapes, formatShape, type Shape } from '../util/shape.ts'
import { castRaw } from './dense.ts'

/*
 * Arithmetic, comparison and reduction of int32, int64 and uint8 tensors. They hold labels, counts and indices, so these
 * are plain loops over typed arrays: exact (bigint for int64), wrapping on overflow as PyTorch does, and not fast.
 */

/** Whether a tensor has one of the integer element types. */
export function isInteger(input: Tensor): boolean {
  return input.dtype !== 'float32'
}

/** A row-major tensor that holds the values of a typed array. */
export function fromArray(values: AnyArray, shape: Shape, dtype: DType): Tensor {
  const output = emptyTensor(shape, dtype)
  if (values.length > 0) backend().write(output.storage.block, 0, values)
  return output
}

/** Logical row-major elements of a tensor repeated over a larger shape. */
function broadcastArray(op: string, input: Tensor, shape: Shape): AnyArray {
  input.checkAlive(op)
  const strides = broadcastStrides(input.shape, input.strides, shape)
  const repeated = new Tensor(input.storage, input.offset, shape, strides, input.dtype, false)
  const values = repeated.toTypedArray()
  repeated.dispose()
  return values
}

/** The integer operand of a mixed pair as float32, and whether that made a new tensor. */
export function toFloat(op: string, input: Tensor): Tensor {
  return input.dtype === 'float32' ? input : castRaw(op, input, 'float32')
}

type Whole = number | bigint

/** Reads elements of any integer array as exact whole numbers of one kind. */
function reader(wide: boolean): (value: Whole) => Whole {
  return wide ? BigInt : Number
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new RangeError(`pow: expected an exponent of at least 0 for integers, got ${exponent}`)
  // Only the lowest 64 bits are kept in the end, and a power has as many bits as its exponent says.
  let result = 1n
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = BigInt.asIntN(64, result * square)
    square = BigInt.asIntN(64, square * square)
  }
  return result
}

/** Exact results; the typed array that receives them wraps. */
function compute(op: BinaryOp, a: bigint, b: bigint): bigint {
  switch (op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'rsub':
      return b - a
    case 'mul':
      return a * b
    case 'maximum':
      return a > b ? a : b
    case 'minimum':
      return a < b ? a : b
    case 'pow':
      return power(a, b)
    case 'rpow':
      return power(b, a)
    default:
      throw new DTypeError(`${op}: expected float32, got integers; convert them with to('float32')`)
  }
}

/** Writes a whole number into an integer array, wrapping as its type does. */
function store(array: AnyArray, index: number, value: bigint): void {
  if (array instanceof BigInt64Array) array[index] = value
  else array[index] = Number(BigInt.asIntN(32, value))
}

/** `op(a, b)` of two integer tensors, or of one and a whole number, with broadcasting. */
export function binaryInteger(op: BinaryOp, a: Tensor, b: Tensor | number): Tensor {
  if (typeof b === 'number') {
    const values = a.toTypedArray()
    const output = newArray(a.dtype, a.size)
    const scalar = BigInt(b)
    for (let i = 0; i < a.size; i++) store(output, i, compute(op, BigInt(values[i]), scalar))
    return fromArray(output, a.shape, a.dtype)
  }
  const shape = broadcastShapes(op, a.shape, b.shape)
  const valuesA = broadcastArray(op, a, shape)
  const valuesB = broadcastArray(op, b, shape)
  const dtype = promote(a.dtype, b.dtype)
  const output = newArray(dtype, valuesA.length)
  for (let i = 0; i < output.length; i++) store(output, i, compute(op, BigInt(valuesA[i]), BigInt(valuesB[i])))
  return fromArray(output, shape, dtype)
}

const COMPARISONS: Record<CompareOp, (a: Whole, b: Whole) => boolean> = {
  // Loose equality compares a bigint with a number by value.
  // biome-ignore lint/suspicious/noDoubleEquals: exactly that is wanted
  eq: (a, b) => a == b,
  // biome-ignore lint/suspicious/noDoubleEquals: exactly that is wanted
  ne: (a, b) => a != b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
}

/** `op(a, b)` of two integer tensors, or of one and any number, as uint8. */
export function compareInteger(op: CompareOp, a: Tensor, b: Tensor | number): Tensor {
  const compare = COMPARISONS[op]
  const shape = typeof b === 'number' ? a.shape : broadcastShapes(op, a.shape, b.shape)
  const valuesA = broadcastArray(op, a, shape)
  const valuesB = typeof b === 'number' ? null : broadcastArray(op, b, shape)
  const output = new Uint8Array(valuesA.length)
  for (let i = 0; i < output.length; i++) output[i] = compare(valuesA[i], valuesB?.[i] ?? (b as number)) ? 1 : 0
  return fromArray(output, shape, 'uint8')
}

/** `op(input)`: whole-number functions keep the element type, the others give float32, as in PyTorch. */
export function unaryInteger(op: UnaryOp, input: Tensor): Tensor {
  const zero = 0n
  const rules: Partial<Record<UnaryOp, (value: bigint) => bigint>> = {
    neg: (value) => -value,
    abs: (value) => (value < zero ? -value : value),
    square: (value) => value * value,
    sign: (value) => (value > zero ? 1n : value < zero ? -1n : zero),
    floor: (value) => value,
  }
  const rule = rules[op]
  if (rule === undefined) {
    throw new DTypeError(`${op}: expected float32, got ${input.dtype}; convert it with to('float32')`)
  }
  const values = input.toTypedArray()
  const output = newArray(input.dtype, input.size)
  for (let i = 0; i < input.size; i++) store(output, i, rule(BigInt(values[i])))
  return fromArray(output, input.shape, input.dtype)
}

/**
 * Reduction of integers over the middle of `[outer, size, inner]`: sums are int64, extrema keep the element type, their
 * positions are int32.
 */
export function reduceInteger(
  op: ReduceOp,
  input: Tensor,
  { outer, size, inner }: { outer: number; size: number; inner: number },
  outputShape: Shape,
): Tensor {
  if (op === 'mean' || op === 'var') {
    throw new DTypeError(
      `${op}: expected float32, got ${input.dtype}; input ${formatShape(input.shape)}; convert it with to('float32')`,
    )
  }
  const values = input.toTypedArray()
  const read = reader(op === 'sum' || input.dtype === 'int64')
  const dtype = op === 'sum' ? 'int64' : op === 'argmax' || op === 'argmin' ? 'int32' : input.dtype
  const output = newArray(dtype, outer * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const column = Array.from({ length: size }, (_, s) => read(values[(o * size + s) * inner + i]))
      output[o * inner + i] = reduceColumn(op, column) as never
    }
  }
  return fromArray(output, outputShape, dtype)
}

function reduceColumn(op: Exclude<ReduceOp, 'mean' | 'var'>, column: readonly Whole[]): Whole {
  if (op === 'sum') return (column as bigint[]).reduce((total, value) => total + value, 0n)
  const wantsLargest = op === 'max' || op === 'argmax'
  let best = 0
  for (let s = 1; s < column.length; s++) {
    if (wantsLargest ? column[s] > column[best] : column[s] < column[best]) best = s
  }
  return op === 'max' || op === 'min' ? column[best] : best
}
