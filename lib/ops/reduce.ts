import { needsGrad, record, save } from '../autograd/node.ts'
import { broadcastStrides } from '../tensor/layout.ts'
import { composed } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { normalizeDims, rowMajorStrides, type Shape, sizeOf } from '../util/shape.ts'
import { binaryRaw, scalarRaw } from './binary.ts'
import { mask } from './binary_grads.ts'
import { expectFloat } from './dense.ts'
import { reduceRaw } from './reduce_raw.ts'
import { unaryRaw } from './unary.ts'

/** Dimensions to reduce: one, several, or all when left out. */
export type Dims = number | readonly number[]

export interface ReduceOptions {
  /** Keeps reduced dimensions with size 1, `false` by default. */
  keepdim?: boolean
}

export interface VarianceOptions extends ReduceOptions {
  /** What is taken off the number of elements in the divisor: 1 by default, which makes the estimate unbiased. */
  correction?: number
}

/** A reduction's output as one that `keepdim` left at size 1, so that it broadcasts over the input; outside the graph. */
function kept(reduced: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  if (reduced.ndim === shape.length) return reduced
  const strides = rowMajorStrides(shape.map((size, i) => (dims.includes(i) ? 1 : size)))
  let next = 0
  shape.forEach((_, i) => {
    if (!dims.includes(i)) strides[i] = reduced.strides[next++]
  })
  const keptShape = shape.map((size, i) => (dims.includes(i) ? 1 : size))
  return new Tensor(reduced.storage, reduced.offset, keptShape, strides, reduced.dtype, false)
}

/** A reduction's gradient repeated over the shape of its input, as a view. */
function spread(gradOutput: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  const column = kept(gradOutput, shape, dims)
  const strides = broadcastStrides(column.shape, column.strides, shape)
  return new Tensor(column.storage, column.offset, shape, strides, 'float32', false)
}

/**
 * Sum over dimensions; integers are summed as int64.
 *
 * @param dim a dimension or several; all of them when left out
 * @returns the input's shape without the summed dimensions, which `keepdim` leaves with size 1
 * @throws {RangeError} when a dimension does not exist or is named twice.
 */
export function sum(input: Tensor, dim?: Dims, { keepdim = false }: ReduceOptions = {}): Tensor {
  const dims = normalizeDims('sum', dim, input.ndim)
  const { shape } = input
  const output = reduceRaw('sum', input, dims, { keepdim })
  if (needsGrad(input)) record('sum', output, [input], null, (gradOutput) => [spread(gradOutput, shape, dims)])
  return output
}

/**
 * Mean over dimensions.
 *
 * @param dim a dimension or several; all of them when left out
 * @throws {DTypeError} for integers; convert them first.
 */
export function mean(input: Tensor, dim?: Dims, { keepdim = false }: ReduceOptions = {}): Tensor {
  expectFloat('mean', 'input', input)
  const dims = normalizeDims('mean', dim, input.ndim)
  const { shape } = input
  const output = reduceRaw('mean', input, dims, { keepdim })
  if (needsGrad(input)) {
    const count = sizeOf(dims.map((i) => shape[i]))
    record('mean', output, [input], null, (gradOutput) => [
      spread(scalarRaw('mean', 'div', gradOutput, count), shape, dims),
    ])
  }
  return output
}

/** `gradInput = gradVariance · 2 (input − mean) / (size − correction)` */
function varianceGrad(gradVariance: Tensor, input: Tensor, dims: readonly number[], divisor: number): Tensor {
  const center = reduceRaw('mean', input, dims, { keepdim: true })
  const deviation = binaryRaw('var', 'sub', input, center)
  const scale = scalarRaw('var', 'mul', kept(gradVariance, input.shape, dims), 2 / divisor)
  return binaryRaw('var', 'mul', deviation, scale)
}

/**
 * Variance over dimensions: `Σ (x − mean)² / (size − correction)`.
 *
 * @param dim a dimension or several; all of them when left out
 * @param options.correction 1 by default (unbiased); 0 divides by the number of elements
 * @throws {DTypeError} for integers; convert them first.
 */
export function variance(input: Tensor, dim?: Dims, { keepdim = false, correction = 1 }: VarianceOptions = {}): Tensor {
  expectFloat('var', 'input', input)
  checkInteger('var', 'correction', correction, 0)
  const dims = normalizeDims('var', dim, input.ndim)
  const output = reduceRaw('var', input, dims, { keepdim, correction })
  if (needsGrad(input)) {
    const saved = save('var', input)
    const divisor = Math.max(0, sizeOf(dims.map((i) => input.shape[i])) - correction)
    record('var', output, [input], [saved], (gradOutput) => [varianceGrad(gradOutput, saved.get(), dims, divisor)])
  }
  return output
}

/**
 * Standard deviation over dimensions, the square root of the variance; its gradient where it is 0 is 0.
 *
 * @param dim a dimension or several; all of them when left out
 * @param options.correction 1 by default (unbiased)
 * @throws {DTypeError} for integers; convert them first.
 */
export function std(input: Tensor, dim?: Dims, { keepdim = false, correction = 1 }: VarianceOptions = {}): Tensor {
  expectFloat('std', 'input', input)
  checkInteger('std', 'correction', correction, 0)
  const dims = normalizeDims('std', dim, input.ndim)
  const output = composed(() => unaryRaw('sqrt', reduceRaw('var', input, dims, { keepdim, correction })))
  if (needsGrad(input)) {
    const saved = save('std', input)
    const savedOutput = save('std', output)
    const divisor = Math.max(0, sizeOf(dims.map((i) => input.shape[i])) - correction)
    record('std', output, [input], [saved, savedOutput], (gradOutput) => {
      // d√v = dv / (2 √v); where v is 0 the quotient is replaced by 0, by dividing 0 by 1 there.
      const deviation = savedOutput.get()
      const positive = mask('ne', deviation, 0)
      const safe = binaryRaw('std', 'add', scalarRaw('std', 'mul', deviation, 2), mask('eq', deviation, 0))
      const gradVariance = binaryRaw('std', 'mul', binaryRaw('std', 'div', gradOutput, safe), positive)
      return [varianceGrad(gradVariance, saved.get(), dims, divisor)]
    })
  }
  return output
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Sum over a dimension, several, or all. */
    sum(dim?: Dims, options?: ReduceOptions): Tensor
    /** Mean over a dimension, several, or all. */
    mean(dim?: Dims, options?: ReduceOptions): Tensor
    /** Variance over a dimension, several, or all; unbiased by default. */
    var(dim?: Dims, options?: VarianceOptions): Tensor
    /** Standard deviation over a dimension, several, or all; unbiased by default. */
    std(dim?: Dims, options?: VarianceOptions): Tensor
  }
}

Tensor.prototype.sum = function (dim, options) {
  return sum(this, dim, options)
}
Tensor.prototype.mean = function (dim, options) {
  return mean(this, dim, options)
}
Tensor.prototype.var = function (dim, options) {
  return variance(this, dim, options)
}
Tensor.prototype.std = function (dim, options) {
  return std(this, dim, options)
}
