import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MemoryReport } from '../../lib/kernels/backend.ts'

const root = join(import.meta.dirname, '..', '..')

interface Run {
  /** Resident bytes at every tenth step. */
  rss: number[]
  /** Most bytes that tensors held during the first step. */
  stepBytes: number
  loss: number
  memory: MemoryReport
}

/** Runs the loop in a process of its own, whose resident memory is the loop's alone, on the built package. */
function run(form: string, steps: number, batch: number): Run {
  const script = join(root, 'test', 'support', 'plain_loop.mjs')
  return JSON.parse(
    execFileSync(process.execPath, [script, form, `${steps}`, `${batch}`], { cwd: root, encoding: 'utf8' }),
  )
}

// `npm run soak` does the same for as long as one likes.
// In a Sequential the tape releases every activation; in functions each passes through the caller's hands and is garbage.
describe.each([
  ['sequential', 1000],
  ['functional', 400],
])('LeNet-5 in a plain synchronous loop (%s, %i steps)', (form, steps) => {
  it('holds resident memory flat, within twice what a step needs and 100 MB', { timeout: 240_000 }, () => {
    const { rss, stepBytes, loss, memory } = run(form, steps, 64)
    expect(Number.isFinite(loss)).toBe(true)
    const settled = rss.slice(5)
    expect(Math.max(...settled)).toBeLessThan(2 * stepBytes + 100e6)
    // Flat: the last half never rises above the first by more than the noise of the allocator below the pool.
    const half = settled.length / 2
    expect(Math.max(...settled.slice(half))).toBeLessThan(Math.max(...settled.slice(0, half)) + 8e6)
    expect(memory.live).toBeLessThan(2 * stepBytes + 64e6)
  })
})
