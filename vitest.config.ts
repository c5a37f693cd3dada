import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One process per file, so that a crash in the addon is one failed file and not a lost run.
    pool: 'forks',
    testTimeout: 60_000,
    execArgv: ['--expose-gc'],
  },
})
