import { expect, it, vi } from 'vitest'
import { backendInfo } from '../../lib/index.ts'
import { describeOptimizers } from '../support/golden_optim.ts'

// Read at the first use of the backend, which is in the tests below.
vi.stubEnv('STRIDED_BACKEND', 'reference')

it('runs on the reference backend', () => {
  expect(backendInfo().backend).toBe('reference')
})

describeOptimizers()
