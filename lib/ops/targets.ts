import type { Tensor } from '../tensor/tensor.ts'
import { checkChoice, describe } from '../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, type Shape, sameShape, sizeOf } from '../util/shape.ts'
import { expectTensor } from './dense.ts'

/** How losses of single elements become the result: kept, averaged, or summed. */
export type Reduction = 'none' | 'mean' | 'sum'

/**
 * Checks the name of a reduction.
 *
 * @throws {RangeError} naming those there are.
 */
export function checkReduction(op: string, reduction: Reduction): Reduction {
  return checkChoice(op, 'reduction', reduction, ['none', 'mean', 'sum'])
}

/** Shape of the class indices that belong to scores `[N, C, ...spatial]` or `[C]`. */
export function targetShape(input: Shape): number[] {
  return input.length === 1 ? [] : [input[0], ...input.slice(2)]
}

/** Scores as rows of classes: their number and that of the classes. */
export function classRows(input: Shape): { rows: number; classes: number } {
  const classes = input.length === 1 ? input[0] : input[1]
  return { rows: classes === 0 ? 0 : sizeOf(input) / classes, classes }
}

/**
 * Checks class indices against the scores they belong to and returns them as int32 in row-major order.
 *
 * @throws {DTypeError} when they are floats.
 * @throws {ShapeError} when they do not fit the scores.
 * @throws {RangeError} for an index that is no class and not `ignoreIndex`; before anything is computed.
 */
export function readTargets(op: string, input: Tensor, target: Tensor, ignoreIndex: number): Int32Array {
  expectTensor(op, 'target', target)
  if (target.dtype === 'float32') {
    throw new DTypeError(`${op}: expected class indices as int32, int64 or uint8, got float32`)
  }
  if (input.ndim === 0) throw new ShapeError(`${op}: expected input [N, C, ...] or [C], got a single number; input []`)
  const shape = targetShape(input.shape)
  if (!sameShape(target.shape, shape)) {
    throw new ShapeError(
      `${op}: expected target of shape ${formatShape(shape)}; input ${formatShape(input.shape)}, ` +
        `target ${formatShape(target.shape)}`,
    )
  }
  const { classes } = classRows(input.shape)
  const values = target.toTypedArray()
  const indices = values instanceof Int32Array ? values : new Int32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const index = Number(values[i])
    if ((index < 0 || index >= classes) && index !== ignoreIndex) {
      throw new RangeError(
        `${op}: expected target indices from 0 to ${classes - 1} or ignoreIndex ${ignoreIndex}, ` +
          `got ${values[i]} at position ${i}; input ${formatShape(input.shape)}, target ${formatShape(target.shape)}`,
      )
    }
    indices[i] = index
  }
  return indices
}

/**
 * Checks the index that marks rows to leave out.
 *
 * @throws {RangeError} when it is no 32-bit integer.
 */
export function checkIgnoreIndex(op: string, ignoreIndex: number): number {
  if (typeof ignoreIndex !== 'number' || (ignoreIndex | 0) !== ignoreIndex) {
    throw new RangeError(`${op}: expected ignoreIndex to be a 32-bit integer, got ${describe(ignoreIndex)}`)
  }
  return ignoreIndex
}

/**
 * Checks a weight per class.
 *
 * @throws {ShapeError} when it is not `[C]`.
 */
export function checkClassWeight(op: string, weight: Tensor | null, input: Tensor): void {
  if (weight === null) return
  expectTensor(op, 'weight', weight)
  const { classes } = classRows(input.shape)
  if (weight.dtype !== 'float32' || weight.ndim !== 1 || weight.shape[0] !== classes) {
    throw new ShapeError(
      `${op}: expected a float32 weight of shape [${classes}], got ${weight.dtype}; ` +
        `weight ${formatShape(weight.shape)}, input ${formatShape(input.shape)}`,
    )
  }
}
