import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** Resident bytes: of V8's heap, of the pool's blocks, and of all the rest. */
interface Resident {
  heap: number
  pool: number
  rest: number
}

/** What is left after a full collection: bytes of V8's heap in use, storages and their bytes, and resident bytes of the rest. */
interface Held {
  heap: number
  storages: number
  live: number
  rest: number
}

interface Run {
  /** At every tenth step. */
  samples: Resident[]
  /** Most bytes that tensors held during the first step. */
  stepBytes: number
  loss: number
  /** After a fifth of the steps, and at the end. */
  before: Held
  after: Held
}

/** Of which four fifths are judged. */
const STEPS = 500

/** Runs the loop in a process of its own, whose resident memory is the loop's alone, on the built package. */
function run(form: string, steps: number, batch: number): Run {
  const script = join(root, 'test', 'support', 'plain_loop.mjs')
  return JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', script, form, `${steps}`, `${batch}`], {
      cwd: root,
      encoding: 'utf8',
    }),
  )
}

// `npm run soak` does the same for as long as one likes.
// In a Sequential the tape releases every activation; in functions each passes through the caller's hands and is garbage.
describe.each(['sequential', 'functional'])('LeNet-5 in plain synchronous loops (%s)', (form) => {
  it('holds memory within twice what a step needs and 100 MB, and leaves nothing behind', { timeout: 240_000 }, () => {
    const { samples, stepBytes, loss, before, after } = run(form, STEPS, 64)
    expect(Number.isFinite(loss)).toBe(true)
    // How far V8 lets its young objects pile up, at most 48 MB, depends on what else the machine does; the rest does not.
    expect(Math.max(...samples.map(({ heap }) => heap))).toBeLessThan(64e6)
    expect(Math.max(...samples.map(({ pool }) => pool))).toBeLessThan(2 * stepBytes + 32e6)
    expect(Math.max(...samples.map(({ pool, rest }) => pool + rest))).toBeLessThan(2 * stepBytes + 100e6)
    // Garbage comes and goes, so growth is judged by what no collection takes. 10 KB a step are 4 MB, wherever they are.
    expect([after.storages, after.live]).toEqual([before.storages, before.live])
    expect(after.heap - before.heap).toBeLessThan(1.5e6)
    expect(after.rest - before.rest).toBeLessThan(3e6)
  })
})
