import { backend } from '../kernels/select.ts'
import { checkFinite, checkInteger, describe } from '../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import { checkShape, formatShape, inferShape, type Shape, sizeOf } from '../util/shape.ts'
import { type AnyArray, type DType, isDType, itemSize, newArray } from './dtype.ts'
import type { Strides } from './layout.ts'
import { flatten, type Nested } from './nested.ts'
import { checkRoom, emptyTensor, type Tensor } from './tensor.ts'

/** What every function that makes a tensor takes. */
export interface TensorOptions {
  /** Element type, `float32` unless said otherwise. */
  dtype?: DType
  /** Whether gradients flow to the tensor, `false` unless said otherwise. */
  requiresGrad?: boolean
}

/** What a tensor can be made from. */
export type TensorData = Nested<number> | Nested<bigint> | Nested<boolean> | AnyArray

/**
 * Makes a tensor from numbers, nested arrays or a typed array; the data is copied.
 *
 * Numbers, Float32Array and Float64Array give float32; Int32Array int32; Uint8Array and booleans uint8; bigints and
 * BigInt64Array int64, unless `dtype` says otherwise.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]) // float32 [2, 2]
 * tensor(new Float32Array(6), { shape: [2, -1] }) // float32 [2, 3]
 * tensor([3, 1], { dtype: 'int64' })
 * ```
 *
 * @param options.shape sizes to arrange the data in, one of which may be −1; by default the nesting's
 * @throws {ShapeError} when the nesting is ragged or the data does not fill the shape.
 * @throws {DTypeError} when the data is no numbers, or kinds of numbers are mixed.
 * @throws {RangeError} when a number does not fit an integer `dtype`.
 */
export function tensor(data: TensorData, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  const source = ArrayBuffer.isView(data) ? fromTypedArray(data) : fromNested(data)
  const dtype = checkDType('tensor', options.dtype ?? source.dtype)
  const shape =
    options.shape === undefined ? source.shape : inferShape('tensor', options.shape, source.values.length, source.shape)
  return fromValues('tensor', source.values, shape, { ...options, dtype })
}

function fromTypedArray(data: ArrayBufferView): { values: AnyArray; shape: number[]; dtype: DType } {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    return { values: data, shape: [data.length], dtype: 'float32' }
  }
  if (data instanceof Int32Array) return { values: data, shape: [data.length], dtype: 'int32' }
  if (data instanceof Uint8Array) return { values: data, shape: [data.length], dtype: 'uint8' }
  if (data instanceof BigInt64Array) return { values: data, shape: [data.length], dtype: 'int64' }
  throw new DTypeError(
    'tensor: expected a Float32Array, Float64Array, Int32Array, Uint8Array or BigInt64Array, ' +
      `got a ${data.constructor.name}`,
  )
}

function fromNested(data: unknown): { values: ArrayLike<number | bigint>; shape: number[]; dtype: DType } {
  if (typeof data === 'object' && !Array.isArray(data)) {
    throw new DTypeError(`tensor: expected numbers, nested arrays or a typed array, got ${describe(data)}`)
  }
  const { shape, values, kind } = flatten('tensor', data)
  const numbers = kind === 'boolean' ? values.map(Number) : (values as number[])
  return { values: numbers, shape, dtype: kind === 'bigint' ? 'int64' : kind === 'boolean' ? 'uint8' : 'float32' }
}

/** Makes a tensor that holds `values`, converted to its element type. */
function fromValues(op: string, values: ArrayLike<number | bigint>, shape: Shape, options: TensorOptions): Tensor {
  const dtype = options.dtype ?? 'float32'
  const output = allocate(op, shape, options)
  const array = convert(op, values, dtype)
  if (array.length !== output.size) {
    // Options were read since the array was: a getter may have detached or resized what lies behind it.
    output.dispose()
    const expected = `expected ${output.size} elements for shape ${formatShape(output.shape)}`
    throw new ShapeError(`${op}: ${expected}, got an array of ${array.length}`)
  }
  if (array.length > 0) backend().write(output.storage.block, 0, array)
  return output
}

function convert(op: string, values: ArrayLike<number | bigint>, dtype: DType): AnyArray {
  const array = newArray(dtype, values.length)
  if (values.constructor === array.constructor) return values as AnyArray
  if (dtype === 'float32') {
    for (let i = 0; i < values.length; i++) array[i] = Number(values[i])
    return array
  }
  for (let i = 0; i < values.length; i++) {
    const value = typeof values[i] === 'bigint' ? values[i] : Math.trunc(Number(values[i]))
    if (typeof value === 'number' && !Number.isFinite(value)) throw doesNotFit(op, values[i], i, dtype)
    if (dtype === 'int64') array[i] = BigInt(value)
    else array[i] = Number(value)
    if (BigInt(array[i]) !== BigInt(value)) throw doesNotFit(op, values[i], i, dtype)
  }
  return array
}

function doesNotFit(op: string, value: number | bigint, index: number, dtype: DType): RangeError {
  return new RangeError(`${op}: expected values that fit ${dtype}, got ${describe(value)} at position ${index}`)
}

/**
 * Checks the name of an element type.
 *
 * @throws {DTypeError} naming those there are.
 */
export function checkDType(op: string, dtype: DType): DType {
  if (!isDType(dtype)) {
    throw new DTypeError(`${op}: expected a dtype of float32, int32, uint8, int64, got ${describe(dtype)}`)
  }
  return dtype
}

/** An uninitialised row-major tensor as a caller asked for it. */
function allocate(op: string, shape: Shape, options: TensorOptions): Tensor {
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: expected a shape such as [2, 3], got ${describe(shape)}`)
  // Copied before it is checked: what a proxy or a getter says the second time is another matter.
  const sizes = [...shape]
  checkShape(op, sizes)
  return allocateStrided(op, sizes, undefined, options)
}

function allocateStrided(op: string, shape: Shape, strides: Strides | undefined, options: TensorOptions): Tensor {
  const dtype = checkDType(op, options.dtype ?? 'float32')
  if (options.requiresGrad && dtype !== 'float32') {
    throw new DTypeError(`${op}: expected float32 for a tensor that requires gradients, got ${dtype}`)
  }
  const output = emptyTensor(shape, dtype, strides)
  output.requiresGrad = options.requiresGrad ?? false
  return output
}

/** Overwrites every element of a dense tensor. */
export function fillElements(op: string, target: Tensor, value: number | bigint): void {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new DTypeError(`${op}: expected a number, got ${describe(value)}`)
  }
  const { dtype, size, storage, offset } = target
  const buffer = target.buffer(op)
  if (size === 0) return
  if (dtype === 'float32') backend().kernels.fill(size, Number(value), buffer)
  else {
    const array = newArray(dtype, size)
    const [element] = convert(op, [value], dtype)
    array.fill(element as never)
    backend().write(storage.block, offset * itemSize(dtype), array)
  }
}

/** An uninitialised tensor; its values are whatever the memory held. */
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  return allocate('empty', shape, options)
}

/**
 * A tensor with every element `value`.
 *
 * @throws {ShapeError} when a size is negative or fractional.
 */
export function full(shape: Shape, value: number | bigint, options: TensorOptions = {}): Tensor {
  const output = allocate('full', shape, options)
  fillElements('full', output, value)
  return output
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  const output = allocate('zeros', shape, options)
  fillElements('zeros', output, 0)
  return output
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  const output = allocate('ones', shape, options)
  fillElements('ones', output, 1)
  return output
}

function like(op: string, input: Tensor, value: number, options: TensorOptions): Tensor {
  const strides = input.isDense() ? input.strides : undefined
  const output = allocateStrided(op, input.shape, strides, { ...options, dtype: options.dtype ?? input.dtype })
  fillElements(op, output, value)
  return output
}

/** Zeros with the shape, element type and order in memory of `input`. */
export function zerosLike(input: Tensor, options: TensorOptions = {}): Tensor {
  return like('zerosLike', input, 0, options)
}

/** Ones with the shape, element type and order in memory of `input`. */
export function onesLike(input: Tensor, options: TensorOptions = {}): Tensor {
  return like('onesLike', input, 1, options)
}

/**
 * The numbers `start, start + step, …` below (for a negative step above) `end`; `arange(n)` counts from 0 to `n − 1`.
 *
 * @returns `[⌈(end − start) / step⌉]`; int64 when all three are integers, else float32, as in PyTorch
 * @throws {RangeError} when the step is 0 or leads away from the end.
 */
export function arange(end: number, options?: TensorOptions): Tensor
export function arange(start: number, end: number, options?: TensorOptions & { step?: number }): Tensor
export function arange(first: number, ...rest: (number | (TensorOptions & { step?: number }) | undefined)[]): Tensor {
  const hasEnd = typeof rest[0] === 'number'
  const start = hasEnd ? first : 0
  const end = hasEnd ? (rest[0] as number) : first
  const options = ((hasEnd ? rest[1] : rest[0]) ?? {}) as TensorOptions & { step?: number }
  const step = checkFinite('arange', 'step', options.step ?? 1)
  checkFinite('arange', 'start', start)
  checkFinite('arange', 'end', end)
  if (step === 0 || (end - start) * step < 0) {
    throw new RangeError(`arange: expected a step that leads from ${start} to ${end}, got ${step}`)
  }
  const whole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(step)
  const dtype = options.dtype ?? (whole ? 'int64' : 'float32')
  const count = Math.ceil((end - start) / step)
  checkRoom([count], dtype)
  const values = new Float64Array(count).map((_, i) => start + i * step)
  return fromValues('arange', values, [count], { dtype, requiresGrad: options.requiresGrad })
}

/**
 * `steps` evenly spaced numbers from `start` to `end`, both included.
 *
 * @throws {RangeError} when `steps` is not a non-negative integer.
 */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  checkInteger('linspace', 'steps', steps, 0)
  const gap =
    steps > 1 ? (checkFinite('linspace', 'end', end) - checkFinite('linspace', 'start', start)) / (steps - 1) : 0
  // The far half counts from the end, so that both ends are exact.
  checkRoom([steps], options.dtype ?? 'float32')
  const values = new Float64Array(steps).map((_, i) => (2 * i < steps ? start + i * gap : end - (steps - 1 - i) * gap))
  return fromValues('linspace', values, [steps], options)
}

/**
 * The identity matrix `[n, m]`, ones on the diagonal.
 *
 * @param options.columns m, by default n
 */
export function eye(n: number, options: TensorOptions & { columns?: number } = {}): Tensor {
  const m = options.columns ?? n
  checkShape('eye', [n, m])
  checkRoom([n, m], options.dtype ?? 'float32')
  const values = new Float32Array(sizeOf([n, m]))
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1
  return fromValues('eye', values, [n, m], options)
}

/** Makes the error for an option that needs a float32 tensor. */
export function expectedFloat(op: string, input: Tensor): DTypeError {
  return new DTypeError(`${op}: expected float32, got ${input.dtype}; input ${formatShape(input.shape)}`)
}
