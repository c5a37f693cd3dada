import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { broadcastStrides } from '../tensor/layout.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { broadcastShapes, formatShape } from '../util/shape.ts'
import { copyAs, disposeCopy, expectFloat, expectTensor } from './dense.ts'
import { sumTo } from './sum_to.ts'

/** The input with dimensions of size 1 inserted, on the same memory, outside the graph. */
function withUnit(input: Tensor, at: number): Tensor {
  const shape = input.shape.toSpliced(at, 0, 1)
  return new Tensor(input.storage, input.offset, shape, input.strides.toSpliced(at, 0, 1), input.dtype, false)
}

/** A matrix, or a batch of them, with rows and columns swapped, on the same memory, outside the graph. */
function transposed(input: Tensor): Tensor {
  const { ndim, shape, strides } = input
  const shapeT = shape.with(ndim - 2, shape[ndim - 1]).with(ndim - 1, shape[ndim - 2])
  const stridesT = strides.with(ndim - 2, strides[ndim - 1]).with(ndim - 1, strides[ndim - 2])
  return new Tensor(input.storage, input.offset, shapeT, stridesT, input.dtype, false)
}

/** Whether every matrix of a batch lies row by row without gaps. */
function isPacked(rows: number, columns: number, rowStride: number, columnStride: number): boolean {
  return (columns === 1 || columnStride === 1) && (rows === 1 || rowStride === columns)
}

/** An operand as the kernel takes it: its matrices dense, either as they are or transposed. */
function arrange(op: string, input: Tensor): { matrix: Tensor; transpose: boolean } {
  const { ndim, shape, strides } = input
  const rows = shape[ndim - 2]
  const columns = shape[ndim - 1]
  if (isPacked(rows, columns, strides[ndim - 2], strides[ndim - 1])) return { matrix: input, transpose: false }
  if (isPacked(columns, rows, strides[ndim - 1], strides[ndim - 2])) return { matrix: input, transpose: true }
  return { matrix: copyAs(op, input, 'rowMajor'), transpose: false }
}

/** Product of matrices or batches of them, `[…, m, k] · […, k, n]`, outside the graph. */
function matmulRaw(op: string, a: Tensor, b: Tensor): Tensor {
  const batch = broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2))
  const m = a.shape[a.ndim - 2]
  const k = a.shape[a.ndim - 1]
  const n = b.shape[b.ndim - 1]
  const left = arrange(op, a)
  const right = arrange(op, b)
  const bufferA = left.matrix.buffer(op)
  const bufferB = right.matrix.buffer(op)
  const output = emptyTensor([...batch, m, n], 'float32')
  if (output.size > 0 && k === 0) backend().kernels.fill(output.size, 0, output.buffer(op))
  else if (output.size > 0) {
    const problem = {
      m,
      k,
      n,
      transposeA: left.transpose,
      transposeB: right.transpose,
      batchShape: batch,
      aBatchStrides: broadcastStrides(a.shape.slice(0, -2), left.matrix.strides.slice(0, -2), batch),
      bBatchStrides: broadcastStrides(b.shape.slice(0, -2), right.matrix.strides.slice(0, -2), batch),
    }
    backend().kernels.matmul(problem, bufferA, bufferB, output.buffer(op))
  }
  disposeCopy(left.matrix, a)
  disposeCopy(right.matrix, b)
  return output
}

/**
 * Matrix product with PyTorch's rules: vectors `[k] · [k]` give a number, a vector on the left counts as a row and on the
 * right as a column, and dimensions before the last two are batches that broadcast.
 *
 * @param a `[…, m, k]` or `[k]`
 * @param b `[…, k, n]` or `[k]`
 * @returns `[…, m, n]` without the dimension that a vector lent
 * @throws {ShapeError} when the inner sizes differ or an operand is a single number.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return product('matmul', a, b)
}

function product(op: string, a: Tensor, b: Tensor): Tensor {
  expectFloat(op, 'a', a)
  expectFloat(op, 'b', b)
  a.checkAlive(op)
  b.checkAlive(op)
  checkInner(op, a, b)
  const left = a.ndim === 1 ? withUnit(a, 0) : a
  const right = b.ndim === 1 ? withUnit(b, 1) : b
  const full = matmulRaw(op, left, right)
  const output = a.ndim > 1 && b.ndim > 1 ? full : dropUnits(full, a.ndim === 1, b.ndim === 1)
  disposeCopy(full, output)
  if (needsGrad(a) || needsGrad(b)) recordProduct(op, a, b, output)
  disposeCopy(left, a)
  disposeCopy(right, b)
  return output
}

function checkInner(op: string, a: Tensor, b: Tensor): void {
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `${op}: expected at least one dimension each; shapes ${formatShape(a.shape)}, ${formatShape(b.shape)}`,
    )
  }
  const innerA = a.shape[a.ndim - 1]
  const innerB = b.shape[Math.max(0, b.ndim - 2)]
  if (innerA !== innerB) {
    throw new ShapeError(
      `${op}: expected inner sizes to agree, got ${innerA} and ${innerB}; ` +
        `shapes ${formatShape(a.shape)}, ${formatShape(b.shape)}`,
    )
  }
}

/** Takes the dimensions away that vectors were given; a fresh row-major result stays one. */
function dropUnits(full: Tensor, row: boolean, column: boolean): Tensor {
  const { ndim } = full
  const keep = (i: number): boolean => !(row && i === ndim - 2) && !(column && i === ndim - 1)
  const shape = full.shape.filter((_, i) => keep(i))
  return new Tensor(
    full.storage,
    0,
    shape,
    full.strides.filter((_, i) => keep(i)),
    'float32',
    true,
  )
}

/** `gradA = gradOutput · bᵀ`, `gradB = aᵀ · gradOutput`, each summed over the batches that were shared. */
function recordProduct(op: string, a: Tensor, b: Tensor, output: Tensor): void {
  const needsA = a.requiresGrad
  const needsB = b.requiresGrad
  const shapeA = a.shape
  const shapeB = b.shape
  const savedA = needsB ? save(op, a) : null
  const savedB = needsA ? save(op, b) : null
  const saved = [savedA, savedB].filter((item) => item !== null)
  record(op, output, [a, b], saved, (gradOutput) => {
    const withRow =
      shapeA.length === 1 ? withUnit(gradOutput, gradOutput.ndim - (shapeB.length === 1 ? 0 : 1)) : gradOutput
    const grad = shapeB.length === 1 ? withUnit(withRow, withRow.ndim) : withRow
    let gradA: Tensor | null = null
    let gradB: Tensor | null = null
    if (savedB !== null) {
      const value = savedB.get()
      const right = shapeB.length === 1 ? withUnit(value, 1) : value
      const full = matmulRaw(op, grad, transposed(right))
      gradA = sumTo(shapeA.length === 1 ? dropUnits(full, true, false) : full, shapeA)
    }
    if (savedA !== null) {
      const value = savedA.get()
      const left = shapeA.length === 1 ? withUnit(value, 0) : value
      const full = matmulRaw(op, transposed(left), grad)
      gradB = sumTo(shapeB.length === 1 ? dropUnits(full, false, true) : full, shapeB)
    }
    return [gradA, gradB]
  })
}

function checkDims(op: string, a: Tensor, b: Tensor, ndim: number): void {
  expectTensor(op, 'input', a)
  expectTensor(op, 'other', b)
  if (a.ndim === ndim && b.ndim === ndim) return
  throw new ShapeError(
    `${op}: expected ${ndim} dimensions each; shapes ${formatShape(a.shape)}, ${formatShape(b.shape)}; use matmul`,
  )
}

/** Product of two matrices, `[m, k] · [k, n]`. */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkDims('mm', a, b, 2)
  return product('mm', a, b)
}

/** Products of equally many pairs of matrices, `[batch, m, k] · [batch, k, n]`; nothing broadcasts. */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkDims('bmm', a, b, 3)
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `bmm: expected equal batch sizes, got ${a.shape[0]} and ${b.shape[0]}; ` +
        `shapes ${formatShape(a.shape)}, ${formatShape(b.shape)}`,
    )
  }
  return product('bmm', a, b)
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Matrix product; vectors and batches follow PyTorch's rules. */
    matmul(other: Tensor): Tensor
    /** Product of two matrices. */
    mm(other: Tensor): Tensor
    /** Products of equally many pairs of matrices. */
    bmm(other: Tensor): Tensor
  }
}

Tensor.prototype.matmul = function (other) {
  return matmul(this, other)
}
Tensor.prototype.mm = function (other) {
  return mm(this, other)
}
Tensor.prototype.bmm = function (other) {
  return bmm(this, other)
}
