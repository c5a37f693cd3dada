import { describe, expect, it } from 'vitest'
import { classes, halfDenormal, hash, samplePositions, uniform } from '../../bench/fill.ts'

describe('hash', () => {
  // peers/fill.py and peers/protocol.h give the same.
  it('is the same in every language', () => {
    expect([hash(0, 1), hash(1, 1), hash(123456, 4)]).toEqual([520022130, 3288117084, 2852235258])
  })
})

describe('uniform', () => {
  it('fills the range evenly with numbers that float32 holds', () => {
    const values = uniform(10_000, 3)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...values)).toBeLessThan(1)
    const mean = values.reduce((a, b) => a + b) / values.length
    const square = values.reduce((a, b) => a + b * b, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(square).toBeCloseTo(1 / 3, 2)
  })

  it('maps to any range and differs by seed', () => {
    const values = uniform(1000, 6, 0.5, 1.5)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.5)
    expect(Math.max(...values)).toBeLessThanOrEqual(1.5)
    expect([...uniform(8, 1)]).not.toEqual([...uniform(8, 2)])
  })
})

describe('halfDenormal', () => {
  it('gives every other number as one that only a denormal can hold', () => {
    const [values, plain] = [halfDenormal(1000, 3), uniform(1000, 3)]
    expect(values.filter((_, i) => i % 2 === 0)).toEqual(plain.filter((_, i) => i % 2 === 0))
    const small = values.filter((_, i) => i % 2 === 1)
    expect(Math.max(...small.map(Math.abs))).toBeLessThan(2 ** -126)
    expect(small.filter((value) => value !== 0).length).toBeGreaterThan(490)
  })
})

describe('classes', () => {
  it('lie below the limit', () => {
    expect(new Set(classes(1000, 7, 10))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  })
})

describe('samplePositions', () => {
  it('are all of a small buffer, and both ends of a large one', () => {
    expect(samplePositions(4, 10)).toEqual([0, 1, 2, 3])
    const positions = samplePositions(1_000_000, 50)
    expect(positions[0]).toBe(0)
    expect(positions.at(-1)).toBe(999_999)
    expect(positions.length).toBeGreaterThan(45)
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
  })
})
