/**
 * Starts up to `count` pieces of work before they are asked for and yields the results in order.
 *
 * @param starts - starts one piece when it is drawn.
 */
export async function* ahead<T>(starts: Iterable<() => Promise<T>>, count: number): AsyncGenerator<T, void, undefined> {
  const iterator = starts[Symbol.iterator]()
  const running: Promise<T>[] = []
  const startOne = (): void => {
    const next = iterator.next()
    if (next.done) return
    const started = next.value()
    // Whoever awaits it gets the error; until then it is not unhandled.
    started.catch(() => {})
    running.push(started)
  }
  for (let i = 0; i < count; i++) startOne()
  while (running.length > 0) {
    const result = await running.shift()!
    startOne()
    yield result
  }
}
