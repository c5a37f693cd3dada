import { defineConfig } from 'vitest/config'
import { common } from './vitest.config.ts'

// The same tests on the reference backend (npm run test:reference), without those that are about the addon, its memory and
// its package, and without what does not compute.
export default defineConfig({
  test: {
    ...common,
    // ResNet-34 takes a minute.
    testTimeout: 600_000,
    env: { STRIDED_BACKEND: 'reference' },
    include: ['autograd', 'tensor', 'ops', 'nn', 'optim', 'insight', 'io', 'models', 'data', 'train'].map(
      (folder) => `test/${folder}/**/*.test.ts`,
    ),
  },
})
