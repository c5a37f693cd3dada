import { describe, expect, it } from 'vitest'
import { type Result, stepTable } from '../../../bench/distributed/index.ts'

const measured = { buckets: [], readyAt: [], buffers: [], compute: 0.1, backward: 0.05, batch: 8, model: 'net' }
const still = { seconds: 0.1, waited: 0 }
const alone: Result = {
  ...measured,
  ranks: 1,
  family: null,
  transfer: null,
  steps: { overlapped: still, sequential: still, silent: still },
}
const two: Result = {
  ...alone,
  ranks: 2,
  family: 'MPICH',
  transfer: 2e9,
  steps: {
    overlapped: { seconds: 0.16, waited: 0.016 },
    sequential: { seconds: 0.2, waited: 0.05 },
    silent: { seconds: 0.12, waited: 0 },
  },
}

describe('the table of steps', () => {
  it('shows images a second of all ranks, and what messages cost', () => {
    const text = stepTable(alone, [alone, two], 4)
    const row = text.split('\n').find((line) => line.includes('MPICH'))!
    expect(row.trim().split(/\s{2,}|(?<=%) /)).toEqual([
      '2',
      'MPICH',
      '100',
      '62.5 %',
      '160.0',
      '10.0 %',
      '25.0 %',
      '200.0',
      '25.0 %',
      '40.0 %',
      '120.0',
      '2000',
    ])
    expect(text).toContain('net, batch 8 on each rank, one thread each, all on this machine (4 processors)')
    expect(text).not.toContain('fewer than two processors')
  })

  it('says when overlap has no processor to itself', () => {
    expect(stepTable(alone, [alone, two], 3)).toContain('There are fewer than two processors for each rank')
    expect(stepTable(alone, [alone], 2)).not.toContain('fewer than two processors')
  })
})
