import { describe, expect, it } from 'vitest'
import { bestPytorch, makeRow, rowsToJson } from '../../bench/row.ts'

const head = {
  suite: 'conv',
  name: 'rn18_s1',
  problem: 'n32ic64ih32oc64kh3sh1ph1',
  pass: 'forward',
  isa: 'avx2',
  threads: 2,
} as const

describe('makeRow', () => {
  it('divides the better of the layouts by our time', () => {
    const row = makeRow(head, 2, { pytorch: 5, pytorchChannelsLast: 3, onednn: 1 }, { flops: 4e9, bytes: 6e6 })
    expect(row).toEqual({
      ...head,
      ms: 2,
      gflops: 2000,
      gbps: 3,
      peers: { pytorch: 5, pytorchChannelsLast: 3, onednn: 1 },
      ratio: { pytorch: 1.5, onednn: 0.5 },
    })
  })

  it('leaves out what was not measured', () => {
    const row = makeRow(head, 2, { tfjs: 20, onednn: undefined }, {})
    expect(Object.keys(row)).toEqual(['suite', 'name', 'problem', 'pass', 'isa', 'threads', 'ms', 'peers', 'ratio'])
    expect(Object.keys(row.peers)).toEqual(['tfjs'])
    expect(row.ratio).toEqual({ tfjs: 10 })
  })
})

describe('bestPytorch', () => {
  it('is the faster layout, or the only one', () => {
    expect(bestPytorch({ pytorch: 2, pytorchChannelsLast: 3 })).toBe(2)
    expect(bestPytorch({ pytorchChannelsLast: 3 })).toBe(3)
    expect(bestPytorch({ onednn: 3 })).toBeUndefined()
  })
})

describe('rowsToJson', () => {
  it('writes an array with a row on each line', () => {
    const rows = [makeRow(head, 2, {}, {}), makeRow(head, 1 / 3, { tfjs: 1 }, {})]
    const text = rowsToJson(rows)
    expect(text.trim().split('\n')).toHaveLength(4)
    expect(JSON.parse(text)).toEqual([
      { ...head, ms: 2, peers: {}, ratio: {} },
      { ...head, ms: 0.333333, peers: { tfjs: 1 }, ratio: { tfjs: 3 } },
    ])
    expect(JSON.parse(rowsToJson([]))).toEqual([])
  })
})
