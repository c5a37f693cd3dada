import type { CompareOp } from '../reference/index.ts'
import { composed } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, describe } from '../util/check.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import type { Operand } from './arithmetic.ts'
import { scalarTensor } from './binary.ts'
import { compareRaw } from './binary_grads.ts'
import { expectTensor } from './dense.ts'
import { compareInteger, isInteger, toFloat } from './integer.ts'

function compare(op: CompareOp, a: Tensor, b: Operand): Tensor {
  if (typeof b === 'number') {
    return isInteger(a) ? compareInteger(op, a, b) : composed(() => compareRaw(op, a, scalarTensor(b)))
  }
  if (!(b instanceof Tensor)) throw new DTypeError(`${op}: expected a tensor or a number, got ${describe(b)}`)
  if (isInteger(a) && isInteger(b)) return compareInteger(op, a, b)
  return composed(() => compareRaw(op, toFloat(op, a), toFloat(op, b)))
}

/** `a = b`, element by element with broadcasting; uint8, 1 where it holds. NaN equals nothing. */
export const eq = (a: Tensor, b: Operand): Tensor => compare('eq', a, b)
/** `a ≠ b`, element by element with broadcasting. */
export const ne = (a: Tensor, b: Operand): Tensor => compare('ne', a, b)
/** `a < b`, element by element with broadcasting. */
export const lt = (a: Tensor, b: Operand): Tensor => compare('lt', a, b)
/** `a ≤ b`, element by element with broadcasting. */
export const le = (a: Tensor, b: Operand): Tensor => compare('le', a, b)
/** `a > b`, element by element with broadcasting. */
export const gt = (a: Tensor, b: Operand): Tensor => compare('gt', a, b)
/** `a ≥ b`, element by element with broadcasting. */
export const ge = (a: Tensor, b: Operand): Tensor => compare('ge', a, b)

export interface AllcloseOptions {
  /** Allowed difference relative to `other`, 1e-5 by default. */
  rtol?: number
  /** Allowed absolute difference, 1e-8 by default. */
  atol?: number
  /** Whether NaN counts as equal to NaN, `false` by default. */
  equalNan?: boolean
}

/**
 * Whether `|input − other| ≤ atol + rtol · |other|` for every element; equal infinities are close.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function allclose(input: Tensor, other: Tensor, options: AllcloseOptions = {}): boolean {
  const rtol = checkNonNegative('allclose', 'rtol', options.rtol ?? 1e-5)
  const atol = checkNonNegative('allclose', 'atol', options.atol ?? 1e-8)
  expectTensor('allclose', 'other', other)
  if (!sameShape(input.shape, other.shape)) {
    throw new ShapeError(
      `allclose: expected equal shapes; shapes ${formatShape(input.shape)}, ${formatShape(other.shape)}`,
    )
  }
  const values = input.toTypedArray()
  const others = other.toTypedArray()
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i])
    const wanted = Number(others[i])
    const close =
      value === wanted ||
      (Number.isFinite(wanted) && Math.abs(value - wanted) <= atol + rtol * Math.abs(wanted)) ||
      (options.equalNan === true && Number.isNaN(value) && Number.isNaN(wanted))
    if (!close) return false
  }
  return true
}

/** Whether two tensors have the same shape and the same elements; NaN equals nothing. */
export function equal(input: Tensor, other: Tensor): boolean {
  expectTensor('equal', 'other', other)
  if (!sameShape(input.shape, other.shape)) return false
  const values = input.toTypedArray()
  const others = other.toTypedArray()
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint is compared with a number by value
  for (let i = 0; i < values.length; i++) if (values[i] != others[i]) return false
  return true
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** `this = other` element by element, as uint8. */
    eq(other: Operand): Tensor
    /** `this ≠ other` element by element, as uint8. */
    ne(other: Operand): Tensor
    /** `this < other` element by element, as uint8. */
    lt(other: Operand): Tensor
    /** `this ≤ other` element by element, as uint8. */
    le(other: Operand): Tensor
    /** `this > other` element by element, as uint8. */
    gt(other: Operand): Tensor
    /** `this ≥ other` element by element, as uint8. */
    ge(other: Operand): Tensor
    /** Whether all elements are close to those of `other`. */
    allclose(other: Tensor, options?: AllcloseOptions): boolean
    /** Whether shape and elements are the same. */
    equal(other: Tensor): boolean
  }
}

for (const op of ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const) {
  Tensor.prototype[op] = function (other) {
    return compare(op, this, other)
  }
}
Tensor.prototype.allclose = function (other, options) {
  return allclose(this, other, options)
}
Tensor.prototype.equal = function (other) {
  return equal(this, other)
}
