import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

// In a process of its own, on the built package: what is tested is also that the process ends by itself.
it('trains in two worker threads and the main one at once, with the same bits, and ends', { timeout: 60_000 }, () => {
  const output = execFileSync(process.execPath, [join(root, 'test', 'support', 'train_in_workers.mjs')], {
    ...{ cwd: root, encoding: 'utf8', timeout: 50_000 },
    env: { ...process.env, STRIDED_NUM_THREADS: '2' },
  })
  const { length, equal } = JSON.parse(String(output)) as { length: number; equal: boolean[] }
  expect(length).toBeGreaterThan(5000)
  expect(equal).toEqual([true, true, true, true, true])
})
