import { describe, expect, it } from 'vitest'
import { geometricMean, interleave, median, turns } from '../../bench/measure.ts'

describe('median', () => {
  it('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3])).toBe(3)
    expect(median([10, 1, 2])).toBe(2)
    expect(median([4, 1, 100, 2])).toBe(3)
    expect(median([])).toBeNaN()
  })

  it('sorts by value and leaves its argument alone', () => {
    const values = [10, 9, 100]
    expect(median(values)).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })
})

describe('geometricMean', () => {
  it('lets a ratio and its inverse cancel', () => {
    expect(geometricMean([4, 0.25])).toBeCloseTo(1, 12)
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12)
    expect(geometricMean([])).toBeNaN()
  })
})

describe('turns', () => {
  it('gives everybody one turn a round and moves on by one place', () => {
    expect(turns(3, 4)).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ])
  })
})

describe('interleave', () => {
  const plan = { sliceMs: 7, rounds: 3, pauseMs: 0 }

  it('runs slices of the plan in the order of the turns', async () => {
    const log: string[] = []
    const entrant = (name: string) => ({
      name,
      run: async (ms: number) => {
        log.push(`${name}${ms}`)
        return [1]
      },
    })
    await interleave([entrant('a'), entrant('b')], plan)
    expect(log.join(' ')).toBe('a7 b7 b7 a7 a7 b7')
  })

  it('takes the median over all slices', async () => {
    const slices = [[1, 1, 1], [5], [9]]
    const entrants = [{ name: 'a', run: async () => slices.shift()! }]
    expect(await interleave(entrants, plan)).toEqual([1])
  })
})
