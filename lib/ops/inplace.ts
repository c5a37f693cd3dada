import { anyNeedsGrad } from '../autograd/node.ts'
import { copyElements, type Tensor } from '../tensor/tensor.ts'
import { DTypeError, ShapeError, StateError } from '../util/errors.ts'
import { broadcastShapes, formatShape, sameShape } from '../util/shape.ts'
import { cloneRaw } from './dense.ts'

/** How an op changes a tensor in place. */
export interface InplaceForm {
  /** Computes straight into the target, outside the graph. */
  direct: () => void
  /** The op out of place and recorded; its argument has the target's old elements and place in the graph. */
  recorded: (old: Tensor) => Tensor
}

/**
 * Runs an op in place: checks that the target may be written, computes, and moves the target's place in the graph behind
 * the op. Under recording the op sees a copy of the old elements, so that its backward does not read what was written.
 *
 * @param operands the other tensors that the op reads
 * @throws {StateError} as {@link checkRecorded} and {@link checkWritable} say.
 */
export function inplace(name: string, target: Tensor, operands: readonly (Tensor | null)[], form: InplaceForm): Tensor {
  checkWritable(name, target)
  if (!anyNeedsGrad([target, ...operands])) {
    form.direct()
    target.storage.version++
    return target
  }
  checkRecorded(name, target)
  const old = takeOver(target, cloneRaw(name, target))
  const result = form.recorded(old)
  copyElements(name, result, target)
  target.storage.version++
  target.gradNode = result.gradNode
  target.requiresGrad = true
  old.dispose()
  result.dispose()
  return target
}

/** Gives another tensor object the target's place in the graph. */
export function takeOver(target: Tensor, other: Tensor): Tensor {
  other.requiresGrad = target.requiresGrad
  other.gradNode = target.gradNode
  return other
}

/**
 * Refuses targets whose elements share memory with each other.
 *
 * @throws {StateError} for an expanded tensor and a disposed one.
 */
export function checkWritable(name: string, target: Tensor): void {
  target.buffer(name)
  for (let i = 0; i < target.ndim; i++) {
    if (target.strides[i] === 0 && target.shape[i] > 1) {
      throw new StateError(
        `${name}: expected a tensor whose elements do not share memory, got an expanded one of shape ` +
          `${formatShape(target.shape)}; use clone() first`,
      )
    }
  }
}

/**
 * Refuses targets whose gradient could not be followed through the edit.
 *
 * @throws {StateError} for a leaf that requires a gradient and for a tensor that shares memory with a view.
 */
export function checkRecorded(name: string, target: Tensor): void {
  if (target.requiresGrad && target.isLeaf) {
    throw new StateError(
      `${name}: a leaf tensor that requires grad is being used in an in-place operation; ` +
        `wrap it in noGrad(() => ...); tensor ${formatShape(target.shape)}`,
    )
  }
  if (target.storage.viewed) {
    throw new StateError(
      `${name}: the tensor shares memory with a view, whose gradient could not follow the edit; ` +
        `use the form without underscore, or clone() first; tensor ${formatShape(target.shape)}`,
    )
  }
}

/**
 * Checks that the result of an in-place op has the target's shape.
 *
 * @throws {ShapeError} when the other operand is larger.
 */
export function checkFits(name: string, target: Tensor, other: Tensor): void {
  const shape = broadcastShapes(name, target.shape, other.shape)
  if (sameShape(shape, target.shape)) return
  throw new ShapeError(
    `${name}: expected an operand that broadcasts to the tensor it changes; ` +
      `tensor ${formatShape(target.shape)}, operand ${formatShape(other.shape)}`,
  )
}

/**
 * Checks that the result of an in-place op has the target's element type.
 *
 * @throws {DTypeError} when it does not.
 */
export function checkResultType(name: string, target: Tensor, result: Tensor): void {
  if (result.dtype === target.dtype) return
  throw new DTypeError(`${name}: expected a result of the tensor's dtype ${target.dtype}, got ${result.dtype}`)
}
