import { describe, expect, it } from 'vitest'
import { allReduceSeconds, linkModel, stepSeconds } from '../../../bench/distributed/model.ts'

const link = { name: '1 MB/s', bytesPerSecond: 1e6, latency: 0.01 }

describe('the model of scaling', () => {
  it('counts bytes and rounds of an all-reduce', () => {
    expect(allReduceSeconds(1e6, 1, link)).toBe(0)
    expect(allReduceSeconds(1e6, 2, link)).toBeCloseTo(2 * 0.01 + 1, 10)
    expect(allReduceSeconds(1e6, 64, link)).toBeCloseTo(12 * 0.01 + (2 * 63) / 64, 10)
  })

  it('adds to a step what is still on its way behind backward', () => {
    const measured = { buckets: [1e5, 1e5], readyAt: [0.5, 1], compute: 2, backward: 1 }
    // On two machines a bucket takes 0.12 s: the first one is hidden, the second one is not.
    expect(stepSeconds(measured, 2, link)).toBeCloseTo(2.12, 10)
    expect(stepSeconds({ ...measured, readyAt: [0.5, 0.6] }, 2, link)).toBe(2)
    // The second waits for the first where the wire is busy.
    expect(stepSeconds({ ...measured, buckets: [1e6, 1e5] }, 2, link)).toBeCloseTo(2 + 0.5 + 1.02 + 0.12 - 1, 10)
    expect(stepSeconds(measured, 1, link)).toBe(2)
  })

  it('prints efficiencies up to 64 machines on both links, and its assumptions', () => {
    const text = linkModel({ buckets: [4 * 2 ** 20], readyAt: [0.05], compute: 0.1, backward: 0.07 })
    expect(text).toMatch(/^10 Gbit\/s +100\.0 % +\S+ %.*$/m)
    expect(text).toMatch(/^100 Gbit\/s +100\.0 % +\S+ %.*$/m)
    expect(text).toContain('Measured: a step of 100 ms, 70 of it backward;')
    expect(text).toContain('Assumed: ')
  })
})
