import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { itemSize } from '../tensor/dtype.ts'
import { composed } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, normalizeDim, type Shape, sizeOf } from '../util/shape.ts'
import { disposeCopy, expectTensor, inFormat } from './dense.ts'
import { fromArray } from './integer.ts'

/**
 * Copies the elements of one dimension that `indices` names, in that order: `output[…, i, …] = input[…, indices[i], …]`.
 *
 * @param indices integers `[n]` from 0 to the size of `dim` − 1
 * @returns the input's shape with `n` in `dim`
 * @throws {DTypeError} when `indices` holds floats.
 * @throws {RangeError} when an index does not exist.
 */
export function indexSelect(input: Tensor, dim: number, indices: Tensor): Tensor {
  if (input.ndim === 0) throw new ShapeError('indexSelect: expected at least one dimension; input []')
  const at = normalizeDim('indexSelect', dim, input.ndim)
  input.checkAlive('indexSelect')
  const rows = readIndices(input.shape, at, indices)
  // Rows are what the kernel copies, so the dimension is brought to the front and back again.
  const front = [at, ...[...input.shape.keys()].filter((i) => i !== at)]
  const back = input.shape.map((_, i) => front.indexOf(i))
  const output = composed(() => permuted(selectRows(permuted(input, front), rows), back))
  if (needsGrad(input)) {
    const shape = front.map((i) => input.shape[i])
    record('indexSelect', output, [input], null, (gradOutput) => [
      permuted(scatterRows(permuted(gradOutput, front), rows, shape), back),
    ])
  }
  return output
}

/** The same memory with the dimensions in another order, outside the graph. */
function permuted(input: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((dim) => input.shape[dim])
  const strides = order.map((dim) => input.strides[dim])
  return new Tensor(input.storage, input.offset, shape, strides, input.dtype, false)
}

function readIndices(shape: Shape, dim: number, indices: Tensor): Int32Array {
  expectTensor('indexSelect', 'indices', indices)
  if (indices.dtype === 'float32') throw new DTypeError('indexSelect: expected integer indices, got float32')
  if (indices.ndim > 1) {
    throw new ShapeError(
      `indexSelect: expected indices of at most one dimension; indices ${formatShape(indices.shape)}`,
    )
  }
  const rows = Int32Array.from(indices.toTypedArray() as ArrayLike<number | bigint>, Number)
  rows.forEach((row, position) => {
    if (row < 0 || row >= shape[dim]) {
      throw new RangeError(
        `indexSelect: expected indices from 0 to ${shape[dim] - 1}, got ${row} at position ${position}; ` +
          `input ${formatShape(shape)}`,
      )
    }
  })
  return rows
}

function selectRows(input: Tensor, rows: Int32Array): Tensor {
  const op = 'indexSelect'
  const { shape } = input
  const rowSize = sizeOf(shape.slice(1))
  const source = inFormat(op, input, 'rowMajor')
  const output = emptyTensor([rows.length, ...shape.slice(1)], input.dtype)
  if (output.size > 0) {
    const indices = fromArray(rows, [rows.length], 'int32')
    const problem = { rows: rows.length, sourceRows: shape[0], rowBytes: rowSize * itemSize(input.dtype) }
    backend().kernels.gatherRows(problem, source.buffer(op), indices.buffer(op), output.buffer(op))
    indices.dispose()
  }
  disposeCopy(source, input)
  return output
}

/** Adds every row of the gradient to the row it was copied from; in index order, so that sums do not vary. */
function scatterRows(gradOutput: Tensor, rows: Int32Array, shape: Shape): Tensor {
  const rowSize = sizeOf(shape.slice(1))
  const grads = gradOutput.toTypedArray() as Float32Array
  const sums = new Float32Array(sizeOf(shape))
  rows.forEach((row, position) => {
    for (let i = 0; i < rowSize; i++) sums[row * rowSize + i] += grads[position * rowSize + i]
  })
  return fromArray(sums, shape, 'float32')
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** A copy of the elements of one dimension that `indices` names. */
    indexSelect(dim: number, indices: Tensor): Tensor
  }
}

Tensor.prototype.indexSelect = function (dim, indices) {
  return indexSelect(this, dim, indices)
}
