import { runAsync } from '../kernels/run_async.ts'

/** Runs arithmetic; what `fn` gives can be read, without waiting, when the promise is kept. */
export type Runner = <T>(fn: () => T) => Promise<T>

/**
 * How a run computes: queued, while the event loop goes on, or at once.
 *
 * On several ranks at once: gradients that travel while others are computed have to be complete when they are handed over.
 */
export function runnerOf(queued: boolean, ranks = 1): Runner {
  return queued && ranks === 1 ? runAsync : async (fn) => fn()
}
