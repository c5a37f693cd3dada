import { describe, expect, it, vi } from 'vitest'
import { backendInfo } from '../../lib/index.ts'
import { follow, trajectories } from '../support/trajectory.ts'

// Read at the first use of the backend, which is in the tests below.
vi.stubEnv('STRIDED_BACKEND', 'reference')

describe('training on the reference backend follows PyTorch step by step', () => {
  for (const trajectory of trajectories()) {
    it(trajectory.name, () => {
      expect(backendInfo().backend).toBe('reference')
      expect(follow(trajectory).every(Number.isFinite)).toBe(true)
    })
  }
})
