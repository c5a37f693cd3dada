import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

it('does not make the engine collect everything in every step of a steady loop', { timeout: 60_000 }, () => {
  const script = join(root, 'test', 'support', 'steady_steps.mjs')
  const output = execFileSync(process.execPath, [script, '30'], { cwd: root, encoding: 'utf8' })
  const { collections, grad } = JSON.parse(output)
  expect(grad).toBe(2 ** 20)
  // What V8 does by itself now and then; it was one in each step while reports of memory rose and fell with it.
  expect(collections).toBeLessThan(10)
})
