import { needsGrad, record, save } from '../autograd/node.ts'
import type { BinaryOp } from '../reference/index.ts'
import { composed } from '../tensor/scope.ts'
import { copyElements, Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError } from '../util/errors.ts'
import { binaryInto, binaryRaw, scalarInto, scalarRaw } from './binary.ts'
import { BINARY_GRADS, type BinaryGrads, SCALAR_GRADS } from './binary_grads.ts'
import { castRaw, cloneRaw } from './dense.ts'
import { checkFits, checkRecorded, checkResultType, checkWritable, inplace, takeOver } from './inplace.ts'
import { binaryInteger, isInteger } from './integer.ts'
import { sumTo } from './sum_to.ts'

/** Functions of two arguments that tensors have as methods. */
type ArithmeticOp = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum'

/** What an operand of arithmetic may be. */
export type Operand = Tensor | number

/** The same function with its arguments swapped. */
const SWAPPED: Record<ArithmeticOp, BinaryOp> = {
  add: 'add',
  sub: 'rsub',
  mul: 'mul',
  div: 'rdiv',
  pow: 'rpow',
  maximum: 'maximum',
  minimum: 'minimum',
}

function isTensor(op: string, value: unknown): value is Tensor {
  if (value instanceof Tensor) return true
  if (typeof value === 'number') return false
  throw new DTypeError(`${op}: expected a tensor or a number, got ${describe(value)}`)
}

function arithmetic(op: ArithmeticOp, a: Operand, b: Operand): Tensor {
  if (isTensor(op, a)) return isTensor(op, b) ? ofTensors(op, a, b) : withScalar(op, op, a, b)
  if (isTensor(op, b)) return withScalar(op, SWAPPED[op], b, a)
  throw new DTypeError(`${op}: expected at least one tensor, got two numbers`)
}

function ofTensors(op: ArithmeticOp, a: Tensor, b: Tensor): Tensor {
  if (isInteger(a) || isInteger(b)) return ofMixed(op, a, b)
  const output = binaryRaw(op, op, a, b)
  const needsA = needsGrad(a)
  const needsB = needsGrad(b)
  if (needsA || needsB) recordBinary(op, a, b, output)
  return output
}

/** Two integer tensors stay whole but for division; beside a float32 tensor, integers become float32. */
function ofMixed(op: ArithmeticOp, a: Tensor, b: Tensor): Tensor {
  if (isInteger(a) && isInteger(b) && op !== 'div') return binaryInteger(op, a, b)
  return composed(() => ofTensors(op, asFloat(op, a), asFloat(op, b)))
}

function asFloat(op: string, input: Tensor): Tensor {
  return isInteger(input) ? castRaw(op, input, 'float32') : input
}

function recordBinary(op: ArithmeticOp, a: Tensor, b: Tensor, output: Tensor): void {
  const rule: BinaryGrads = BINARY_GRADS[op]
  const needsA = a.requiresGrad
  const needsB = b.requiresGrad
  const shapeA = a.shape
  const shapeB = b.shape
  const keptA = (needsA && rule.a.readsA) || (needsB && rule.b.readsA) ? save(op, a) : null
  const keptB = (needsA && rule.a.readsB) || (needsB && rule.b.readsB) ? save(op, b) : null
  const saved = keptA === null ? (keptB === null ? null : [keptB]) : keptB === null ? [keptA] : [keptA, keptB]
  record(op, output, [a, b], saved, (gradOutput) => {
    const valueA = keptA?.get() as Tensor
    const valueB = keptB?.get() as Tensor
    return [
      needsA ? sumTo(rule.a.grad(gradOutput, valueA, valueB), shapeA) : null,
      needsB ? sumTo(rule.b.grad(gradOutput, valueA, valueB), shapeB) : null,
    ]
  })
}

/** `op(a, scalar)`; `name` is the public name of what may be its swapped form. */
function withScalar(name: ArithmeticOp, op: BinaryOp, a: Tensor, scalar: number): Tensor {
  if (isInteger(a)) {
    if (Number.isInteger(scalar) && name !== 'div') return binaryInteger(op, a, scalar)
    return composed(() => withScalar(name, op, asFloat(name, a), scalar))
  }
  const output = scalarRaw(name, op, a, scalar)
  if (needsGrad(a)) {
    const rule = SCALAR_GRADS[op]
    const kept = rule.reads ? save(name, a) : null
    record(name, output, [a], kept === null ? null : [kept], (gradOutput) => [
      rule.grad(gradOutput, kept?.get() as Tensor, scalar),
    ])
  }
  return output
}

/** Replaces the elements of `target` by `op(target, other)`. */
function arithmeticInplace(op: ArithmeticOp, target: Tensor, other: Operand): Tensor {
  const name = `${op}_`
  if (!isTensor(name, other)) {
    if (isInteger(target)) return integerInplace(op, target, other)
    return inplace(name, target, [], {
      direct: () => scalarInto(name, op, target, other),
      recorded: (old) => withScalar(op, op, old, other),
    })
  }
  checkFits(name, target, other)
  if (isInteger(target)) return integerInplace(op, target, other)
  if (isInteger(other)) return composed(() => arithmeticInplace(op, target, castRaw(name, other, 'float32')))
  const direct = () => {
    // Elements read after they were written would be wrong; only an operand that lies exactly alike is safe.
    const overlaps = other.storage === target.storage
    const operand = overlaps ? cloneRaw(name, other) : other
    binaryInto(name, op, target, operand)
    if (overlaps) operand.dispose()
  }
  if ((op === 'add' || op === 'sub') && needsGrad(target)) return addRecorded(op, target, other, direct)
  return inplace(name, target, [other], { direct, recorded: (old) => ofTensors(op, old, other) })
}

/** Sums read no values in backward, so that the target's old elements need not be kept. */
function addRecorded(op: 'add' | 'sub', target: Tensor, other: Tensor, direct: () => void): Tensor {
  const name = `${op}_`
  checkWritable(name, target)
  checkRecorded(name, target)
  const old = takeOver(target, target.alias())
  direct()
  target.storage.version++
  recordBinary(op, old, other, target)
  old.dispose()
  return target
}

function integerInplace(op: ArithmeticOp, target: Tensor, other: Operand): Tensor {
  const name = `${op}_`
  checkWritable(name, target)
  return composed(() => {
    const result = arithmetic(op, target, other)
    checkResultType(name, target, result)
    copyElements(name, result, target)
    target.storage.version++
    return target
  })
}

/** `a + b` with broadcasting. */
export const add = (a: Operand, b: Operand): Tensor => arithmetic('add', a, b)
/** `a − b` with broadcasting. */
export const sub = (a: Operand, b: Operand): Tensor => arithmetic('sub', a, b)
/** `a · b` element by element, with broadcasting. */
export const mul = (a: Operand, b: Operand): Tensor => arithmetic('mul', a, b)
/** `a / b` with broadcasting; integers are divided as float32. */
export const div = (a: Operand, b: Operand): Tensor => arithmetic('div', a, b)
/** `aᵇ` with broadcasting. */
export const pow = (a: Operand, b: Operand): Tensor => arithmetic('pow', a, b)
/** The larger of each pair; NaN wins, and ties share the gradient. */
export const maximum = (a: Operand, b: Operand): Tensor => arithmetic('maximum', a, b)
/** The smaller of each pair; NaN wins, and ties share the gradient. */
export const minimum = (a: Operand, b: Operand): Tensor => arithmetic('minimum', a, b)

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** `this + other` with broadcasting. */
    add(other: Operand): Tensor
    /** `this − other` with broadcasting. */
    sub(other: Operand): Tensor
    /** `this · other` element by element, with broadcasting. */
    mul(other: Operand): Tensor
    /** `this / other` with broadcasting. */
    div(other: Operand): Tensor
    /** `this` to the power `other`, with broadcasting. */
    pow(other: Operand): Tensor
    /** The larger of each pair. */
    maximum(other: Operand): Tensor
    /** The smaller of each pair. */
    minimum(other: Operand): Tensor
    add_(other: Operand): this
    sub_(other: Operand): this
    mul_(other: Operand): this
    div_(other: Operand): this
    pow_(other: Operand): this
    maximum_(other: Operand): this
    minimum_(other: Operand): this
  }
}

for (const op of Object.keys(SWAPPED) as ArithmeticOp[]) {
  Tensor.prototype[op] = function (other) {
    return arithmetic(op, this, other)
  }
  Tensor.prototype[`${op}_`] = function (other) {
    arithmeticInplace(op, this, other)
    return this
  }
}
