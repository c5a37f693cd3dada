// Makes allocation k of a training step fail, for k from 1 until the step goes through, and prints as JSON what each
// failure left behind and said. A program of its own: a test runner holds on to errors, and so to the graph they came from.
// Usage: failing_allocations.ts plain|queued
import { setImmediate } from 'node:timers/promises'
import { runAsync, type Tensor } from '../../lib/index.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { gather } from './gather.ts'
import { smallTraining } from './small_training.ts'

/** One failure: storages and bytes more than before, and the error. */
export interface AllocationFailure {
  storages: number
  live: number
  code: string
  message: string
}

const home = createNativeBackend()
const training = withBackend(home, smallTraining)
const once = async (): Promise<Tensor> =>
  process.argv[2] === 'queued' ? withBackend(home, () => runAsync(training.step)) : withBackend(home, training.step)

async function settle() {
  for (const parameter of training.model.parameters()) parameter.grad = null
  // What frames below still hold is garbage one turn later.
  await setImmediate()
  return gather(home)
}

/** The error of a step whose allocation k fails, or null when it has fewer. */
async function failAt(k: number): Promise<{ code: string; message: string } | null> {
  home.failAllocations(k)
  try {
    ;(await once()).dispose()
    return null
  } catch (thrown) {
    const { code, message, stack } = thrown as Error & { code: string }
    // Until its stack was read, an error holds the functions that were running.
    return stack === undefined ? null : { code, message }
  } finally {
    home.failAllocations(0)
  }
}
// Momentum is made by the first step.
;(await once()).dispose()
const before = await settle()
const failures: AllocationFailure[] = []
for (let k = 1; ; k++) {
  const error = await failAt(k)
  const after = await settle()
  if (error === null) break
  failures.push({ ...error, storages: after.storages - before.storages, live: after.live - before.live })
}
process.stdout.write(JSON.stringify(failures))
