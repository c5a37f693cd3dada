import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One process per file, so that a crash in the addon is one failed file and not a lost run.
    pool: 'forks',
    // As many files at a time as there are cores; the default leaves one of two cores idle.
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    execArgv: ['--expose-gc'],
  },
})
