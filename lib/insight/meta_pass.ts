import { enableGrad } from '../autograd/grad_mode.ts'
import { type KernelListener, MetaBackend } from '../kernels/meta_backend.ts'
import { backend, withBackend } from '../kernels/select.ts'
import type { Module } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { ShapeError, StateError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { undisturbed } from './undisturbed.ts'

/** Shape of a model's input, the batch included, or one for each of several inputs. */
export type InputShape = Shape | readonly Shape[]

/**
 * Checks an input shape and makes a list of it.
 *
 * @throws {ShapeError} when it is no list of positive integers, or of such lists.
 */
export function inputShapes(op: string, inputShape: InputShape): Shape[] {
  const given: unknown = inputShape
  if (!Array.isArray(given) || given.length === 0) {
    throw new ShapeError(`${op}: expected an input shape such as [1, 3, 32, 32], got ${describe(given)}`)
  }
  const shapes = (Array.isArray(given[0]) ? given : [given]) as Shape[]
  for (const shape of shapes) {
    if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0)) continue
    throw new ShapeError(`${op}: expected sizes of at least 1 in the input shape, got ${describe(shape)}`)
  }
  return shapes
}

/**
 * Refuses a module with parameters whose shape is still to be inferred.
 *
 * @throws {StateError} naming the first of them.
 */
export function checkMaterialized(op: string, module: Module): void {
  for (const [path, owner] of module.namedModules()) {
    const tensors = [...owner.ownParameters(), ...owner.ownBuffers().map(({ key, buffer }) => [key, buffer] as const)]
    for (const [name, tensor] of tensors) {
      if (!(tensor as Partial<Parameter>).isLazy) continue
      throw new StateError(
        `${op}: ${path === '' ? name : `${path}.${name}`} of ${owner.constructor.name} is not materialised yet; ` +
          'run one forward pass first to infer its shape',
      )
    }
  }
}

/** What a pass on the meta backend gets to work with. */
export interface MetaPass {
  meta: MetaBackend
  inputs: Tensor[]
}

/**
 * Runs `fn` on a backend that computes nothing, with inputs of the given shapes, while gradients are recorded. The module
 * is afterwards as it was.
 */
export function metaPass<T>(
  module: Module,
  shapes: readonly Shape[],
  listener: KernelListener,
  fn: (pass: MetaPass) => T,
): T {
  const meta = new MetaBackend(backend(), listener)
  const run = (): T =>
    withBackend(meta, () =>
      untracked(() =>
        enableGrad(() => {
          const inputs = shapes.map((shape) => emptyTensor(shape, 'float32', channelsLastStrides(shape)))
          return fn({ meta, inputs })
        }),
      ),
    )
  try {
    return undisturbed(module, run)
  } finally {
    meta.close()
  }
}

/** All tensors in a module's inputs or outputs: single ones, and those in arrays and plain objects. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value]
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return []
  const items = Array.isArray(value) ? value : Object.values(value)
  return items.flatMap(tensorsIn)
}

/** Shapes as tables show them. */
export function shapesText(shapes: readonly Shape[]): string {
  return shapes.map(formatShape).join(', ')
}
