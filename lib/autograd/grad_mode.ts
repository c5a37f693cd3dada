import { StateError } from '../util/errors.ts'
import { isPromise } from '../util/promise.ts'

/** Whether ops record what backward needs. */
export const gradMode = { enabled: true }

/** Whether ops record what backward needs at this moment. */
export function isGradEnabled(): boolean {
  return gradMode.enabled
}

function withGradMode<T>(op: string, enabled: boolean, fn: () => T): T {
  const outer = gradMode.enabled
  gradMode.enabled = enabled
  let result: T
  try {
    result = fn()
  } finally {
    gradMode.enabled = outer
  }
  if (isPromise(result)) {
    result.then(undefined, () => {})
    throw new StateError(
      `${op}: expected a synchronous function, got one that returns a promise; its later steps would run outside`,
    )
  }
  return result
}

/**
 * Runs `fn` without recording: its results do not require gradients and keep nothing for backward.
 *
 * ```ts
 * const output = noGrad(() => model.forward(input))
 * ```
 *
 * @throws {StateError} when `fn` is asynchronous.
 */
export function noGrad<T>(fn: () => T): T {
  return withGradMode('noGrad', false, fn)
}

/**
 * Runs `fn` with recording, inside a `noGrad` too.
 *
 * @throws {StateError} when `fn` is asynchronous.
 */
export function enableGrad<T>(fn: () => T): T {
  return withGradMode('enableGrad', true, fn)
}
