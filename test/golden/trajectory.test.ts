import { describe, expect, it } from 'vitest'
import { backendInfo, getNumThreads, setNumThreads } from '../../lib/index.ts'
import { follow, trajectories } from '../support/trajectory.ts'

describe('training follows PyTorch step by step', () => {
  it('has three trajectories and the native backend', () => {
    expect(trajectories()).toHaveLength(3)
    // None clips its gradients; one that did would have to in `follow`.
    expect(trajectories().map((one) => one.clip_grad_norm)).toEqual([null, null, null])
    expect(backendInfo().backend).toBe('native')
  })

  for (const trajectory of trajectories()) {
    it(`${trajectory.name}, to the last bit the same with 1, 2 and 3 threads`, () => {
      const before = getNumThreads()
      const runs = [1, 2, 3].map((threads) => {
        setNumThreads(threads)
        return follow(trajectory)
      })
      setNumThreads(before)
      expect(runs[0].length).toBeGreaterThan(trajectory.steps)
      expect(runs[1]).toEqual(runs[0])
      expect(runs[2]).toEqual(runs[0])
    })
  }
})
