import { describe, expect, it } from 'vitest'
import { formatTable, number, ratio } from '../../bench/table.ts'

describe('formatTable', () => {
  it('aligns names to the left and numbers to the right', () => {
    const lines = [
      ['op', 'ms'],
      ['max_pool2d', '1.5'],
      ['relu', '12.5'],
    ]
    expect(formatTable(lines, 1)).toBe('op            ms\nmax_pool2d   1.5\nrelu        12.5')
  })
})

describe('number', () => {
  it('shows three digits, and all before the point', () => {
    expect([0.0012345, 1.2345, 9.999, 12.345, 123.45, 12345.6].map(number)).toEqual([
      ...['0.00123', '1.23', '10.0', '12.3', '123', '12346'],
    ])
    expect([undefined, Number.NaN].map(number)).toEqual(['-', '-'])
  })
})

describe('ratio', () => {
  it('has two decimals and an x', () => {
    expect([2.345, undefined, Number.NaN].map(ratio)).toEqual(['2.35x', '-', '-'])
  })
})
