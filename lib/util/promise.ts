/** Whether a value can be awaited. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Runs `fn` and then `restore`, however `fn` ends; when it returns a promise, as soon as that is settled. */
export function restoring<T>(fn: () => T, restore: () => void): T {
  let result: T
  try {
    result = fn()
  } catch (error) {
    restore()
    throw error
  }
  if (isPromise(result)) return Promise.resolve(result).finally(restore) as T
  restore()
  return result
}
