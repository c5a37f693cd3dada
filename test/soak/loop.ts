// One long run in a process of its own, which test/soak/main.ts starts with --expose-gc: model, loop, steps, seed. Every line
// that it prints is a tenth as JSON, the last one the whole run.
import { getHeapStatistics } from 'node:v8'
import { memory, runAsync } from '../../lib/index.ts'
import type { NativeBackend } from '../../lib/kernels/native.ts'
import { backend } from '../../lib/kernels/select.ts'
import type { Held, LongRun, Tenth } from './judge.ts'
import { type Loop, type ModelName, Planned, stepsOf, WORK } from './work.ts'

const [model, loop, count, seed] = process.argv.slice(2)
const size = Math.floor(Number(count) / 10)
const { warmUp, batches, sizes } = WORK[model as ModelName]
/** Steps of one round through all batches and sizes. */
const round = batches.length * sizes.length
const step = stepsOf(model as ModelName, loop as Loop, Number(seed))

/** What is left when all garbage is gone. */
function held(): Held {
  const home = backend() as NativeBackend
  globalThis.gc?.()
  // Looks for tensors that are garbage, gives unused memory back, and fails.
  home.failAllocations(1)
  try {
    home.allocate(1, {})
  } catch (error) {
    if (!(error instanceof Error && /out of memory/.test(error.message))) throw error
  }
  home.failAllocations(0)
  globalThis.gc?.()
  const { storages, live } = memory()
  return { heap: process.memoryUsage().heapUsed, storages, live }
}

/** Sums up a tenth while it goes on. */
class Meter {
  #start = performance.now()
  #last = this.#start
  #rounds: number[] = []
  #rss = 0
  #beside = 0
  failures = 0

  /** After a step. */
  look(number: number): void {
    if (number % round !== 0) return
    const now = performance.now()
    this.#rounds.push((now - this.#last) / round)
    this.#last = now
    const rss = process.memoryUsage.rss()
    this.#rss = Math.max(this.#rss, rss)
    this.#beside = Math.max(this.#beside, rss - getHeapStatistics().total_physical_size)
  }

  tenth(): Tenth {
    const { heapTotal } = process.memoryUsage()
    const { live, pooled } = memory()
    const handles = process.getActiveResourcesInfo().length
    const seconds = (performance.now() - this.#start) / 1000
    // The first round may have begun in the middle.
    const rounds = this.#rounds.slice(1).sort((a, b) => a - b)
    const pace = rounds[rounds.length >> 1]
    const [rss, beside] = [this.#rss, this.#beside]
    return { seconds, pace, rss, beside, heap: heapTotal, live, pooled, handles, failures: this.failures }
  }
}

function planned(error: unknown, meter: Meter): void {
  if (!(error instanceof Planned)) throw error
  meter.failures++
}

// Without one turn of the event loop: nothing but a collection in the middle of a step can take anything back.
function runPlain(first: number, steps: number): Tenth {
  const meter = new Meter()
  for (let number = first; number < first + steps; number++) {
    try {
      step(number)
    } catch (error) {
      planned(error, meter)
    }
    meter.look(number)
  }
  return meter.tenth()
}

async function runQueued(first: number, steps: number): Promise<Tenth> {
  const meter = new Meter()
  for (let number = first; number < first + steps; number++) {
    try {
      await runAsync(() => step(number))
    } catch (error) {
      planned(error, meter)
    }
    meter.look(number)
  }
  return meter.tenth()
}

const run = (first: number, steps: number): Tenth | Promise<Tenth> =>
  loop.startsWith('async') ? runQueued(first, steps) : runPlain(first, steps)

/** Goes on until garbage was taken back: up to then memory grows to its budget. */
async function settle(): Promise<void> {
  for (let before = -1; ; ) {
    const { live } = await run(0, warmUp)
    if (live < before) return
    before = live
  }
}

// Compiled and warmed up before the clock runs. What is free goes back to the system before it is counted.
await settle()
const before = held()
await settle()
const tenths: Tenth[] = []
for (let i = 0; i < 10; i++) {
  tenths.push(await run(i * size, size))
  console.log(JSON.stringify(tenths[i]))
}
const result: LongRun = { steps: 10 * size, tenths, before, after: held() }
console.log(JSON.stringify(result))
