import { describe, expect, it } from 'vitest'
import { allReduceSeconds, broadcastSeconds, linkModel, stepSeconds } from '../../../bench/distributed/model.ts'

const link = { name: '1 MB/s', bytesPerSecond: 1e6, latency: 0.01 }

/** The numbers of a row of a table, without their signs. */
const numbersOf = (text: string, name: string): number[] => {
  const [, row] = new RegExp(`^${name} +(.*)$`, 'm').exec(text) ?? expect.fail(`no row ${name} in ${text}`)
  return [...row.matchAll(/([\d.]+) %/g)].map(([, number]) => Number(number))
}

describe('the model of scaling', () => {
  it('counts bytes and rounds of an all-reduce', () => {
    expect(allReduceSeconds(1e6, 1, link)).toBe(0)
    expect(allReduceSeconds(1e6, 2, link)).toBeCloseTo(2 * 0.01 + 1, 10)
    expect(allReduceSeconds(1e6, 64, link)).toBeCloseTo(12 * 0.01 + (2 * 63) / 64, 10)
  })

  it('counts bytes and rounds of a broadcast', () => {
    expect(broadcastSeconds(1e6, 1, link)).toBe(0)
    expect(broadcastSeconds(1e6, 2, link)).toBeCloseTo(1.01, 10)
    expect(broadcastSeconds(1e6, 5, link)).toBeCloseTo(3.03, 10)
  })

  it('adds to a step what is still on its way behind backward', () => {
    const measured = { buckets: [1e5, 1e5], readyAt: [0.5, 1], buffers: [], compute: 2, backward: 1 }
    // On two machines a bucket takes 0.12 s: the first one is hidden, the second one is not.
    expect(stepSeconds(measured, 2, link)).toBeCloseTo(2.12, 10)
    expect(stepSeconds({ ...measured, readyAt: [0.5, 0.6] }, 2, link)).toBe(2)
    // The second waits for the first where the wire is busy.
    expect(stepSeconds({ ...measured, buckets: [1e6, 1e5] }, 2, link)).toBeCloseTo(2 + 0.5 + 1.02 + 0.12 - 1, 10)
    expect(stepSeconds(measured, 1, link)).toBe(2)
    // Nothing hides the buffers.
    expect(stepSeconds({ ...measured, buffers: [1e5, 0] }, 2, link)).toBeCloseTo(2.12 + 0.11 + 0.01, 10)
  })

  it('prints efficiencies up to 64 machines on both links, and its assumptions', () => {
    const measured = { buckets: [4 * 2 ** 20], readyAt: [0.05], buffers: [1e4], compute: 0.1, backward: 0.07 }
    const text = linkModel(measured, null)
    const rows = ['10 Gbit/s +1 x', '10 Gbit/s +16 x', '100 Gbit/s +1 x', '100 Gbit/s +16 x'].map((name) =>
      numbersOf(text, name),
    )
    for (const row of rows) {
      expect(row).toHaveLength(7)
      expect(row[0]).toBe(100)
      expect([...row].sort((a, b) => b - a)).toEqual(row)
    }
    const last = rows.map((row) => row[6])
    // A fast machine waits more, a fast link makes it wait less.
    expect(last[1]).toBeLessThan(last[0])
    expect(last[3]).toBeLessThan(last[2])
    expect(last[3]).toBeGreaterThan(last[1])
    expect(text).toContain('Measured: a step of 100 ms, 70 of it backward;')
    expect(text).toContain('and no more than the link allows;')
  })

  it('takes no link for faster than the cores that serve it', () => {
    const measured = { buckets: [4 * 2 ** 20], readyAt: [0.07], buffers: [], compute: 0.1, backward: 0.07 }
    const text = linkModel(measured, 1e9)
    expect(text).toContain('and at most 1.0 GB/s, as measured above;')
    // 2 ** 22 bytes at 1e9 a second, and two messages of 5 us.
    expect(numbersOf(text, '100 Gbit/s +1 x')[1]).toBeCloseTo((100 * 0.1) / (0.1 + 2 ** 22 / 1e9 + 1e-5), 1)
  })
})
