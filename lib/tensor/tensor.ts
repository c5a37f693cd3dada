import { inspect } from 'node:util'
import type { BufferRef } from '../kernels/backend.ts'
import { backend } from '../kernels/select.ts'
import { DTypeError, RangeError, ShapeError, StateError } from '../util/errors.ts'
import { formatShape, rowMajorStrides, type Shape, sameShape, sizeOf } from '../util/shape.ts'
import { type ArrayOf, type DType, itemSize, newArray } from './dtype.ts'
import { formatTensor } from './format.ts'
import { hasFormat, isDense, isRowMajor, type MemoryFormat, type Strides, spanOf } from './layout.ts'
import { type Nested, nest } from './nested.ts'
import { track } from './scope.ts'
import { Storage } from './storage.ts'

/** The record of the op that made a tensor; the tape of `autograd/` knows more about it. */
export interface GradNode {
  /** Name of the op, or `accumulateGrad` for a leaf. */
  readonly name: string
  /** Whether it stands for a leaf, a tensor that no recorded op made. */
  readonly isLeaf: boolean
}

/**
 * An n-dimensional array: storage, shape, strides and element type.
 *
 * Views share storage with the tensor they were made from. Shapes, indices and what leaves as arrays follow the logical
 * order (images `[N, C, H, W]`) whatever the order in memory. Made by `tensor`, `zeros`, `randn` and their like; ops add
 * their methods in `ops/`, gradients theirs in `autograd/`.
 */
export class Tensor {
  readonly shape: Shape
  readonly strides: Strides
  readonly dtype: DType
  /** Number of elements. */
  readonly size: number
  /** @internal Where the first element lies in the storage, in elements. */
  readonly offset: number
  /** @internal */
  readonly storage: Storage
  /** @internal Whether the elements fill a block exactly once each; false only means that nobody has looked yet. */
  dense: boolean
  /** Whether the memory was given back by `dispose`. */
  disposed = false
  /** Whether gradients flow to this tensor; set it with `requiresGrad_`. */
  requiresGrad = false
  /** @internal What made the tensor under recording; for a leaf the accumulator of its gradient, once there is one. */
  gradNode: GradNode | null = null
  /** @internal The gradient; `grad` shows it. */
  gradTensor: Tensor | null = null
  /** @internal Whether user code has seen the gradient object and may hold it. */
  gradExposed = false

  /** @internal Takes one count of the storage. */
  constructor(storage: Storage, offset: number, shape: Shape, strides: Strides, dtype: DType, dense: boolean) {
    if (storage.freed) throw new StateError(`tensor ${formatShape(shape)} looks at memory that was disposed`)
    storage.refs++
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
    this.dtype = dtype
    this.size = sizeOf(shape)
    this.dense = dense
    track(this)
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length
  }

  /** Whether no recorded op made this tensor; gradients of leaves that require them are kept in `grad`. */
  get isLeaf(): boolean {
    return this.gradNode?.isLeaf ?? true
  }

  /** The record of the op that made this tensor; null for leaves. */
  get gradFn(): GradNode | null {
    return this.isLeaf ? null : this.gradNode
  }

  /** The gradient that `backward` accumulated, null before the first one and after `zeroGrad`. */
  get grad(): Tensor | null {
    this.gradExposed = true
    return this.gradTensor
  }

  /** @throws {ShapeError} when the gradient does not have the tensor's shape. */
  set grad(grad: Tensor | null) {
    if (grad !== null && (grad.dtype !== this.dtype || !sameShape(grad.shape, this.shape))) {
      throw new ShapeError(
        `grad: expected a ${this.dtype} tensor of shape ${formatShape(this.shape)}, ` +
          `got ${grad.dtype} ${formatShape(grad.shape)}`,
      )
    }
    this.gradTensor = grad
    this.gradExposed = true
  }

  /** @internal Sets the gradient to null; its memory is given back at once unless user code has seen it. */
  clearGrad(): void {
    if (this.gradTensor !== null && !this.gradExposed) this.gradTensor.dispose()
    this.gradTensor = null
    this.gradExposed = false
  }

  /** Whether the elements lie in memory in the given order, without gaps; row-major when no format is named. */
  isContiguous(memoryFormat: MemoryFormat = 'rowMajor'): boolean {
    return hasFormat(this.shape, this.strides, memoryFormat)
  }

  /** @internal Whether the elements fill a block of memory exactly once each, in any order of the dimensions. */
  isDense(): boolean {
    if (!this.dense) this.dense = isDense(this.shape, this.strides)
    return this.dense
  }

  /**
   * @internal
   * @throws {StateError} when the tensor was disposed.
   */
  checkAlive(op: string): void {
    if (this.disposed) throw new StateError(`${op}: tensor ${formatShape(this.shape)} was disposed`)
  }

  /**
   * @internal The elements as kernels take them, from the first to the last one in memory.
   * @throws {StateError} when the tensor was disposed.
   */
  buffer(op: string): BufferRef {
    this.checkAlive(op)
    // A part of no elements may begin where its memory ends, which no buffer can name.
    if (this.size === 0) return this.storage.home.ref(this.storage.block, this.dtype, 0, 0)
    const length = this.dense ? this.size : spanOf(this.shape, this.strides)
    return this.storage.home.ref(this.storage.block, this.dtype, this.offset, length)
  }

  /** @internal Another tensor object with the same elements, outside the graph, with its own count of the storage. */
  alias(): Tensor {
    return new Tensor(this.storage, this.offset, this.shape, this.strides, this.dtype, this.dense)
  }

  /** @internal Another tensor object on the same memory, counted as a view. */
  viewAs(shape: Shape, strides: Strides, offset: number, dense: boolean): Tensor {
    this.storage.viewed = true
    return new Tensor(this.storage, offset, shape, strides, this.dtype, dense)
  }

  /**
   * Gives the memory back at once instead of leaving it to the garbage collector. Views and what the tape keeps hold
   * their own counts, so they stay valid. Disposing twice is harmless; using a disposed tensor is an error.
   */
  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.storage.release()
    this.clearGrad()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /**
   * The only element, as a number, or as a bigint for int64.
   *
   * @throws {ShapeError} when there is not exactly one element.
   */
  item(): number | bigint {
    if (this.size !== 1) {
      throw new ShapeError(`item: expected a tensor of one element, got ${this.size}; shape ${formatShape(this.shape)}`)
    }
    return this.toTypedArray()[0]
  }

  /** A copy of the elements in logical row-major order, in the typed array of the element type. */
  toTypedArray(): ArrayOf[DType] {
    this.checkAlive('toTypedArray')
    if (isRowMajor(this.shape, this.strides)) return readArray(this)
    const dense = emptyTensor(this.shape, this.dtype)
    copyElements('toTypedArray', this, dense)
    const array = readArray(dense)
    dense.dispose()
    return array
  }

  /** The elements as nested arrays, outermost dimension first; a number (or bigint) for a tensor without dimensions. */
  toArray(): Nested<number> | Nested<bigint> {
    const flat = this.toTypedArray()
    return nest(flat as ArrayLike<number>, this.shape)
  }

  /** Values, shape and element type in PyTorch's style; large tensors are summarised. */
  toString(): string {
    if (this.disposed) return `tensor(disposed, shape=${formatShape(this.shape)})`
    return formatTensor(this, this.toTypedArray(), this.gradFn?.name ?? null)
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function readArray(tensor: Tensor): ArrayOf[DType] {
  const array = newArray(tensor.dtype, tensor.size)
  const { storage, size, offset, dtype } = tensor
  if (size > 0) storage.home.read(storage.block, offset * itemSize(dtype), array)
  return array
}

/** What one tensor may hold: references into native memory have offsets below this, see native/binding/environment.h. */
const MOST_BYTES = 2 ** 33

/**
 * Checks that a tensor of a shape can be made at all, before anything is allocated for it.
 *
 * @throws {RangeError} when it would hold more than 8 GiB.
 */
export function checkRoom(shape: Shape, dtype: DType): void {
  if (sizeOf(shape) * itemSize(dtype) <= MOST_BYTES) return
  throw new RangeError(`tensor: expected at most 8 GiB of elements, got ${dtype} ${formatShape(shape)}`)
}

/** An uninitialised dense tensor; `strides` must be dense for the shape, row-major when left out. */
export function emptyTensor(shape: Shape, dtype: DType, strides?: Strides): Tensor {
  checkRoom(shape, dtype)
  return new Tensor(
    new Storage(sizeOf(shape) * itemSize(dtype), shape, dtype),
    0,
    shape,
    strides ?? rowMajorStrides(shape),
    dtype,
    true,
  )
}

/** An uninitialised tensor of the same shape; it has the same strides where those are dense, else row-major ones. */
export function emptyLike(input: Tensor, dtype: DType = input.dtype): Tensor {
  return emptyTensor(input.shape, dtype, input.isDense() ? input.strides : undefined)
}

/** Copies the elements of `from` over those of `to`, of the same shape and element type, whatever their orders. */
export function copyElements(op: string, from: Tensor, to: Tensor): void {
  if (!sameShape(from.shape, to.shape)) {
    throw new ShapeError(`${op}: expected equal shapes; shapes ${formatShape(from.shape)}, ${formatShape(to.shape)}`)
  }
  if (from.dtype !== to.dtype) throw new DTypeError(`${op}: expected equal dtypes, got ${from.dtype} and ${to.dtype}`)
  const input = from.buffer(op)
  const output = to.buffer(op)
  if (from.size === 0) return
  const problem = {
    itemSize: itemSize(from.dtype),
    shape: from.shape,
    inputStrides: from.strides,
    outputStrides: to.strides,
  }
  backend().kernels.copy(problem, input, output)
}
