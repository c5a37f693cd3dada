import { anyNeedsGrad, needsGrad, record } from '../autograd/node.ts'
import { checkDType, fillElements } from '../tensor/create.ts'
import type { DType } from '../tensor/dtype.ts'
import { broadcastStrides, hasFormat, type MemoryFormat } from '../tensor/layout.ts'
import { copyElements, Tensor } from '../tensor/tensor.ts'
import { checkChoice } from '../util/check.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { castRaw, cloneRaw, copyAs } from './dense.ts'
import { checkFits, checkRecorded, checkWritable } from './inplace.ts'
import { sumTo } from './sum_to.ts'

export interface ContiguousOptions {
  /** `rowMajor` (the default), or `channelsLast` for `[N, C, ...spatial]` laid out as `[N, ...spatial, C]`. */
  memoryFormat?: MemoryFormat
}

/** The tensor itself when its elements lie in the given order in memory without gaps, else a copy that does. */
export function contiguous(input: Tensor, { memoryFormat = 'rowMajor' }: ContiguousOptions = {}): Tensor {
  checkChoice('contiguous', 'memoryFormat', memoryFormat, ['rowMajor', 'channelsLast'])
  if (memoryFormat === 'channelsLast' && input.ndim < 3) {
    throw new ShapeError(
      `contiguous: expected at least 3 dimensions for channelsLast, got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  if (hasFormat(input.shape, input.strides, memoryFormat)) return input
  const output = copyAs('contiguous', input, memoryFormat)
  if (needsGrad(input)) record('contiguous', output, [input], null, (gradOutput) => [gradOutput])
  return output
}

/** A copy with its own memory, in the same order; gradients pass through. */
export function clone(input: Tensor): Tensor {
  const output = cloneRaw('clone', input)
  if (needsGrad(input)) record('clone', output, [input], null, (gradOutput) => [gradOutput])
  return output
}

/**
 * The tensor with another element type; the tensor itself when it has it already. Gradients do not pass conversions.
 *
 * Floats are cut towards zero to become integers; integers that do not fit wrap.
 *
 * @throws {DTypeError} when there is no such element type.
 */
export function to(input: Tensor, dtype: DType): Tensor {
  checkDType('to', dtype)
  return input.dtype === dtype ? input : castRaw('to', input, dtype)
}

/**
 * Overwrites `target` with `source`, broadcast and converted to the target's element type.
 *
 * @throws {ShapeError} when `source` does not broadcast to the target.
 * @throws {StateError} for a target that may not be changed while gradients are recorded.
 */
export function copyInto(target: Tensor, source: Tensor): Tensor {
  const op = 'copy_'
  checkFits(op, target, source)
  checkWritable(op, target)
  source.checkAlive(op)
  const recorded = anyNeedsGrad([target, source])
  if (recorded) checkRecorded(op, target)
  const converted = source.dtype === target.dtype ? source.alias() : castRaw(op, source, target.dtype)
  const repeatStrides = broadcastStrides(source.shape, converted.strides, target.shape)
  const repeated = new Tensor(converted.storage, converted.offset, target.shape, repeatStrides, target.dtype, false)
  // A source that lies elsewhere in the target's memory must be read before it is overwritten.
  const separate = source.storage === target.storage ? cloneRaw(op, repeated) : repeated
  copyElements(op, separate, target)
  for (const temporary of new Set([converted, repeated, separate])) temporary.dispose()
  target.storage.version++
  if (recorded) {
    const { shape } = source
    const needed = source.requiresGrad
    target.requiresGrad = false
    record(op, target, [source], null, (gradOutput) => [needed ? sumTo(gradOutput, shape) : null])
  }
  return target
}

function fillInto(op: string, target: Tensor, value: number | bigint): Tensor {
  checkWritable(op, target)
  const recorded = needsGrad(target)
  if (recorded) checkRecorded(op, target)
  if (target.isDense()) fillElements(op, target, value)
  else {
    const whole = cloneRaw(op, target)
    fillElements(op, whole, value)
    copyElements(op, whole, target)
    whole.dispose()
  }
  target.storage.version++
  // What is overwritten by a constant passes no gradient on, but the tensor stays in the graph.
  if (recorded) record(op, target, [], null, () => [])
  return target
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** The tensor itself when it lies in the given order in memory without gaps, else a copy that does. */
    contiguous(options?: ContiguousOptions): Tensor
    /** A copy with its own memory. */
    clone(): Tensor
    /** The tensor with another element type. */
    to(dtype: DType): Tensor
    /** Overwrites the elements with those of `source`, broadcast and converted. */
    copy_(source: Tensor): this
    /** Overwrites every element with one value. */
    fill_(value: number | bigint): this
    /** Overwrites every element with 0. */
    zero_(): this
  }
}

Tensor.prototype.contiguous = function (options) {
  return contiguous(this, options)
}
Tensor.prototype.clone = function () {
  return clone(this)
}
Tensor.prototype.to = function (dtype) {
  return to(this, dtype)
}
Tensor.prototype.copy_ = function (source) {
  if (!(source instanceof Tensor)) throw new DTypeError('copy_: expected a tensor; use fill_ for a number')
  copyInto(this, source)
  return this
}
Tensor.prototype.fill_ = function (value) {
  fillInto('fill_', this, value)
  return this
}
Tensor.prototype.zero_ = function () {
  fillInto('zero_', this, 0)
  return this
}
