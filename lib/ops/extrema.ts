import { needsGrad, record, save } from '../autograd/node.ts'
import { Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, normalizeDim, sizeOf } from '../util/shape.ts'
import { binaryRaw } from './binary.ts'
import { mask } from './binary_grads.ts'
import { fromArray } from './integer.ts'
import type { ReduceOptions } from './reduce.ts'
import { reduceRaw } from './reduce_raw.ts'

type Extremum = 'max' | 'min'

function checkNotEmpty(op: string, input: Tensor, size: number): void {
  if (size > 0) return
  throw new ShapeError(`${op}: expected at least one element to choose from; input ${formatShape(input.shape)}`)
}

/** The extremum of all elements; its gradient is shared evenly among those that attain it. */
function overall(op: Extremum, input: Tensor): Tensor {
  checkNotEmpty(op, input, input.size)
  const output = reduceRaw(op, input, [...input.shape.keys()])
  if (needsGrad(input)) {
    const saved = save(op, input)
    const savedOutput = save(op, output)
    record(op, output, [input], [saved, savedOutput], (gradOutput) => {
      const winners = mask('eq', saved.get(), savedOutput.get())
      const count = reduceRaw('sum', winners, [...winners.shape.keys()])
      return [binaryRaw(op, 'mul', winners, binaryRaw(op, 'div', gradOutput, count))]
    })
  }
  return output
}

/** The extrema along one dimension with their positions; the gradient goes to the positions. */
function along(op: Extremum, input: Tensor, dim: number, keepdim: boolean): [Tensor, Tensor] {
  const at = normalizeDim(op, dim, input.ndim)
  const dims = input.ndim === 0 ? [] : [at]
  checkNotEmpty(op, input, input.ndim === 0 ? 1 : input.shape[at])
  const indices = reduceRaw(op === 'max' ? 'argmax' : 'argmin', input, dims, { keepdim })
  const values = reduceRaw(op, input, dims, { keepdim })
  if (needsGrad(input)) {
    const { shape } = input
    const positions = indices.toTypedArray() as Int32Array
    record(op, values, [input], null, (gradOutput) => {
      const grads = gradOutput.toTypedArray() as Float32Array
      return [fromArray(scatter(grads, positions, shape, at), shape, 'float32')]
    })
  }
  return [values, indices]
}

/** Puts each gradient where its position along `dim` says; everything in row-major order. */
function scatter(grads: Float32Array, positions: Int32Array, shape: readonly number[], dim: number): Float32Array {
  const size = shape.length === 0 ? 1 : shape[dim]
  const inner = sizeOf(shape.slice(dim + 1))
  const output = new Float32Array(sizeOf(shape))
  for (let i = 0; i < grads.length; i++) {
    const outer = Math.floor(i / inner)
    output[(outer * size + positions[i]) * inner + (i % inner)] = grads[i]
  }
  return output
}

function position(op: 'argmax' | 'argmin', input: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  if (dim === undefined) {
    checkNotEmpty(op, input, input.size)
    return reduceRaw(op, input, [...input.shape.keys()], { keepdim })
  }
  const at = normalizeDim(op, dim, input.ndim)
  const dims = input.ndim === 0 ? [] : [at]
  checkNotEmpty(op, input, input.ndim === 0 ? 1 : input.shape[at])
  return reduceRaw(op, input, dims, { keepdim })
}

/**
 * The largest element, or with `dim` the largest along it and where it is: `[values, indices]`. NaN wins; the first of
 * equals counts.
 *
 * The gradient of the overall maximum is shared evenly among ties, that along a dimension goes to the index.
 *
 * @returns indices are int32, where PyTorch has int64
 * @throws {ShapeError} when there is nothing to choose from.
 */
export function max(input: Tensor): Tensor
export function max(input: Tensor, dim: number, options?: ReduceOptions): [Tensor, Tensor]
export function max(input: Tensor, dim?: number, { keepdim = false }: ReduceOptions = {}): Tensor | [Tensor, Tensor] {
  return dim === undefined ? overall('max', input) : along('max', input, dim, keepdim)
}

/** The smallest element, or with `dim` the smallest along it and where it is; otherwise like {@link max}. */
export function min(input: Tensor): Tensor
export function min(input: Tensor, dim: number, options?: ReduceOptions): [Tensor, Tensor]
export function min(input: Tensor, dim?: number, { keepdim = false }: ReduceOptions = {}): Tensor | [Tensor, Tensor] {
  return dim === undefined ? overall('min', input) : along('min', input, dim, keepdim)
}

/**
 * Where the largest element is: along `dim`, or without it in the row-major order of all. NaN wins; the first of equals
 * counts.
 *
 * @returns int32, where PyTorch has int64
 */
export function argmax(input: Tensor, dim?: number, { keepdim = false }: ReduceOptions = {}): Tensor {
  return position('argmax', input, dim, keepdim)
}

/** Where the smallest element is; otherwise like {@link argmax}. */
export function argmin(input: Tensor, dim?: number, { keepdim = false }: ReduceOptions = {}): Tensor {
  return position('argmin', input, dim, keepdim)
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** The largest element, or `[values, indices]` along a dimension. */
    max(): Tensor
    max(dim: number, options?: ReduceOptions): [Tensor, Tensor]
    /** The smallest element, or `[values, indices]` along a dimension. */
    min(): Tensor
    min(dim: number, options?: ReduceOptions): [Tensor, Tensor]
    /** Where the largest element is, as int32. */
    argmax(dim?: number, options?: ReduceOptions): Tensor
    /** Where the smallest element is, as int32. */
    argmin(dim?: number, options?: ReduceOptions): Tensor
  }
}

Tensor.prototype.max = function (this: Tensor, dim?: number, options?: ReduceOptions) {
  return dim === undefined ? max(this) : max(this, dim, options)
} as Tensor['max']
Tensor.prototype.min = function (this: Tensor, dim?: number, options?: ReduceOptions) {
  return dim === undefined ? min(this) : min(this, dim, options)
} as Tensor['min']
Tensor.prototype.argmax = function (dim, options) {
  return argmax(this, dim, options)
}
Tensor.prototype.argmin = function (dim, options) {
  return argmin(this, dim, options)
}
