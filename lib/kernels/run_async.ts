import { StateError } from '../util/errors.ts'
import { isPromise } from '../util/promise.ts'
import { backend } from './select.ts'

/**
 * Runs `fn` with its arithmetic on a thread of its own, so that timers, sockets and the rest of the program go on meanwhile.
 *
 * `fn` itself runs at once, from beginning to end: shapes and options are checked and errors thrown as always, but each
 * kernel is only put in a queue, which a native thread works through in order, and memory is reused as in a plain loop. The
 * results have the same bits. Looking at values inside `fn` (`item()`, `toArray()`, printing) waits for them and holds
 * up the event loop that long; behind the `await` they are there.
 *
 * ```ts
 * for await (const [input, target] of loader) {
 *   const loss = await runAsync(() => {
 *     optimizer.zeroGrad()
 *     const loss = F.crossEntropy(model.forward(input), target)
 *     loss.backward()
 *     optimizer.step()
 *     return loss
 *   })
 *   console.log(loss.item())
 * }
 * ```
 *
 * Where the system refuses a thread, and with the reference backend, `fn` computes as it does outside.
 *
 * @param fn - a synchronous function: a step, an evaluation, any part of them
 * @returns what `fn` returns, as soon as everything it started is done
 * @throws what `fn` throws, or what a kernel does (out of memory, an index out of range); kernels behind that one did not run.
 * @throws {StateError} when `fn` is asynchronous: its later steps would run outside.
 */
export async function runAsync<T>(fn: () => T): Promise<T> {
  const home = backend()
  home.beginQueue()
  let result: T
  try {
    result = fn()
    if (isPromise(result)) {
      result.then(undefined, () => {})
      throw new StateError(
        'runAsync: expected a synchronous function, got one that returns a promise; its later steps would run outside',
      )
    }
  } catch (error) {
    // What fn threw is the reason; a kernel's failure would only repeat it.
    await home.endQueue().catch(() => {})
    throw error
  }
  await home.endQueue()
  return result
}
