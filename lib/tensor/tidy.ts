import { StateError } from '../util/errors.ts'
import { isPromise } from '../util/promise.ts'
import { type Disposable, withScope } from './scope.ts'
import { Tensor } from './tensor.ts'

/**
 * Runs `fn` and disposes the tensors made inside that it does not return; those found in the returned arrays, maps,
 * objects and modules survive. What the tape needs for a later `backward`, gradients of parameters, parameters and the
 * state of optimizers hold their own counts and are never taken.
 *
 * ```ts
 * const accuracy = tidy(() => model.forward(input).argmax(1).eq(target).to('float32').mean())
 * ```
 *
 * @throws {StateError} when `fn` is asynchronous: what it makes later would escape the scope.
 */
export function tidy<T>(fn: () => T): T {
  return withScope(fn, (result, keep) => {
    if (isPromise(result)) {
      result.then(undefined, () => {})
      throw new StateError('tidy: expected a synchronous function, got one that returns a promise')
    }
    keepFound(result, keep, new Set())
  })
}

function keepFound(value: unknown, keep: (tensor: Disposable) => void, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return
  seen.add(value)
  if (value instanceof Tensor) {
    keep(value)
    return
  }
  const items = value instanceof Map || value instanceof Set || Array.isArray(value) ? value : Object.values(value)
  for (const item of items) keepFound(item, keep, seen)
}
