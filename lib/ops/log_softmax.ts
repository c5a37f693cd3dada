import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { SoftmaxProblem } from '../reference/index.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { normalizeDim } from '../util/shape.ts'
import { disposeCopy, expectFloat, inAnyOrder, withStrides } from './dense.ts'

/**
 * Logarithm of the softmax along a dimension: `output = input − log Σ exp(input)`, computed without overflow.
 *
 * @returns the input's shape and order in memory
 * @throws {RangeError} when the dimension does not exist.
 */
export function logSoftmax(input: Tensor, dim: number): Tensor {
  return normalized('logSoftmax', input, dim)
}

/**
 * Softmax along a dimension: `output = exp(input) / Σ exp(input)`, computed without overflow.
 *
 * @returns the input's shape and order in memory
 * @throws {RangeError} when the dimension does not exist.
 */
export function softmax(input: Tensor, dim: number): Tensor {
  return normalized('softmax', input, dim)
}

function normalized(op: 'softmax' | 'logSoftmax', input: Tensor, dim: number): Tensor {
  expectFloat(op, 'input', input)
  const at = normalizeDim(op, dim, input.ndim)
  const source = inAnyOrder(op, input)
  const buffer = source.buffer(op)
  const output = emptyTensor(source.shape, 'float32', source.strides)
  const problem = softmaxProblem(source, at)
  if (output.size > 0) backend().kernels[`${op}Forward`](problem, buffer, output.buffer(op))
  disposeCopy(source, input)
  if (needsGrad(input)) {
    const saved = save(op, output)
    record(op, output, [input], [saved], (gradOutput) => [backward(op, problem, saved.get(), gradOutput)])
  }
  return output
}

/** `gradInput = output · (gradOutput − Σ gradOutput · output)`, or `gradOutput − exp(output) · Σ gradOutput` for the logarithm. */
function backward(op: 'softmax' | 'logSoftmax', problem: SoftmaxProblem, output: Tensor, gradOutput: Tensor): Tensor {
  const grad = withStrides(op, gradOutput, output.strides)
  const gradInput = emptyTensor(output.shape, 'float32', output.strides)
  const buffers = [output.buffer(op), grad.buffer(op), gradInput.buffer(op)] as const
  if (output.size > 0) backend().kernels[`${op}Backward`](problem, ...buffers)
  return gradInput
}

/** A dimension of a dense tensor, whatever its order in memory, as the middle one of `[outer, size, inner]`. */
function softmaxProblem(source: Tensor, dim: number): SoftmaxProblem {
  const size = source.ndim === 0 ? 1 : source.shape[dim]
  if (size <= 1) return { outer: source.size, size: 1, inner: 1 }
  const inner = source.strides[dim]
  return { outer: source.size / (size * inner), size, inner }
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Softmax along a dimension. */
    softmax(dim: number): Tensor
    /** Logarithm of the softmax along a dimension. */
    logSoftmax(dim: number): Tensor
  }
}

Tensor.prototype.softmax = function (dim) {
  return softmax(this, dim)
}
Tensor.prototype.logSoftmax = function (dim) {
  return logSoftmax(this, dim)
}
