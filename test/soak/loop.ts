// One long run in a process of its own, which test/soak/main.ts starts with --expose-gc: model, loop, steps, seed. Every line
// that it prints is a tenth as JSON, the last one the whole run.
import { memory, runAsync } from '../../lib/index.ts'
import type { NativeBackend } from '../../lib/kernels/native.ts'
import { backend } from '../../lib/kernels/select.ts'
import type { Held, LongRun, Tenth } from './judge.ts'
import { type Loop, type ModelName, Planned, stepsOf, WORK } from './work.ts'

const [model, loop, count, seed] = process.argv.slice(2)
const size = Math.floor(Number(count) / 10)
const { warmUp } = WORK[model as ModelName]
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
  #rss = 0
  failures = 0

  look(): void {
    this.#rss = Math.max(this.#rss, process.memoryUsage.rss())
  }

  tenth(): Tenth {
    const { heapTotal } = process.memoryUsage()
    const { live, pooled } = memory()
    const handles = process.getActiveResourcesInfo().length
    const seconds = (performance.now() - this.#start) / 1000
    return { seconds, rss: this.#rss, heap: heapTotal, live, pooled, handles, failures: this.failures }
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
    if (number % 16 === 0) meter.look()
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
    if (number % 16 === 0) meter.look()
  }
  return meter.tenth()
}

const run = (first: number, steps: number): Tenth | Promise<Tenth> =>
  loop.startsWith('async') ? runQueued(first, steps) : runPlain(first, steps)

// Compiled and warmed up before the clock runs, and until garbage was taken back for the first time: up to then memory
// grows to its budget.
for (let before = -1; ; ) {
  const { live } = await run(0, warmUp)
  if (live < before) break
  before = live
}
const before = held()
await run(0, warmUp)
const tenths: Tenth[] = []
for (let i = 0; i < 10; i++) {
  tenths.push(await run(i * size, size))
  console.log(JSON.stringify(tenths[i]))
}
const result: LongRun = { steps: 10 * size, tenths, before, after: held() }
console.log(JSON.stringify(result))
