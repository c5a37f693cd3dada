import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Folders of tests that compute and compare. Several files of them share a process, which loads the library once and not a
// second time for each.
const SHARED = [
  'autograd',
  'bench',
  'golden',
  'insight',
  'models',
  'native',
  'nn',
  'ops',
  'optim',
  'reference',
  'tensor',
]

// What a file does that others in its process would notice, or that theirs would disturb: settings of the process, and counts
// of the memory that is live.
const ALONE = /process\.env|stubEnv|\bmemory\(|\bgc\b|resetModules/

const together = SHARED.flatMap((folder) =>
  readdirSync(join(import.meta.dirname, 'test', folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${folder}/${file}`)
    .filter((path) => !ALONE.test(readFileSync(join(import.meta.dirname, path), 'utf8'))),
)

/** What holds for every run of tests, on whatever backend. */
export const common = {
  // A crash in the addon is some failed files and not a lost run.
  pool: 'forks' as const,
  // As many processes at a time as there are cores; the default leaves one of two cores idle.
  maxWorkers: availableParallelism(),
  testTimeout: 60_000,
  execArgv: ['--expose-gc'],
}

export default defineConfig({
  test: {
    ...common,
    projects: [
      { extends: true, test: { name: 'together', include: together, isolate: false } },
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: together } },
    ],
  },
})
