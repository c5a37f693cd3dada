import { describe, expect, it } from 'vitest'
import {
  broadcastStrides,
  channelsLastStrides,
  isChannelsLast,
  isDense,
  isRowMajor,
  sameLayout,
  spanOf,
  viewStrides,
} from '../../lib/tensor/layout.ts'

describe('orders in memory', () => {
  it('are channels-last with the channels innermost, for 3 to 5 dimensions', () => {
    expect(channelsLastStrides([2, 3, 4, 5])).toEqual([60, 1, 15, 3])
    expect(channelsLastStrides([2, 3, 4])).toEqual([12, 1, 3])
    expect(channelsLastStrides([2, 3, 4, 5, 6])).toEqual([360, 1, 90, 18, 3])
    expect(channelsLastStrides([2, 3])).toEqual([3, 1])
  })
  it('are recognised', () => {
    const shape = [2, 3, 4, 5]
    expect([isRowMajor(shape, [60, 20, 5, 1]), isChannelsLast(shape, [60, 20, 5, 1])]).toEqual([true, false])
    expect([isRowMajor(shape, [60, 1, 15, 3]), isChannelsLast(shape, [60, 1, 15, 3])]).toEqual([false, true])
  })
  it('coincide for one channel and for one pixel', () => {
    expect(isChannelsLast([2, 1, 4, 5], [20, 20, 5, 1])).toBe(true)
    expect(isChannelsLast([2, 3, 1, 1], [3, 1, 1, 1])).toBe(true)
    expect(isRowMajor([2, 3, 1, 1], [3, 1, 3, 3])).toBe(true)
  })
  it('are dense when a permutation closes all gaps', () => {
    expect(isDense([2, 3, 4], [1, 8, 2])).toBe(true)
    expect(isDense([2, 3], [4, 1])).toBe(false)
    expect(isDense([2, 3], [0, 1])).toBe(false)
    expect(isDense([3, 3], [1, 1])).toBe(false)
    expect(isDense([0, 3], [7, 7])).toBe(true)
    expect(isDense([1, 3], [99, 1])).toBe(true)
  })
  it('are the same whatever the strides of single elements', () => {
    expect(sameLayout([1, 3], [3, 1], [1, 1])).toBe(true)
    expect(sameLayout([2, 3], [3, 1], [1, 2])).toBe(false)
  })
})

describe('strides', () => {
  it('span from the first to the last element', () => {
    expect([spanOf([2, 3], [10, 2]), spanOf([], []), spanOf([0, 3], [3, 1])]).toEqual([15, 1, 0])
  })
  it('of a broadcast repeat ones and new dimensions', () => {
    expect(broadcastStrides([3, 1], [1, 1], [2, 3, 4])).toEqual([0, 1, 0])
  })
  it('of another shape exist where dimensions join without gaps', () => {
    expect(viewStrides([2, 3, 4], [12, 4, 1], [6, 4])).toEqual([4, 1])
    expect(viewStrides([2, 3, 4], [12, 4, 1], [2, 2, 6])).toEqual([12, 6, 1])
    expect(viewStrides([2, 3], [1, 2], [6])).toBeNull()
    expect(viewStrides([4, 2], [4, 1], [2, 2, 2])).toEqual([8, 4, 1])
    expect(viewStrides([4, 2], [4, 1], [8])).toBeNull()
    expect(viewStrides([], [], [1, 1])).toEqual([1, 1])
    expect(viewStrides([2, 1, 3], [3, 99, 1], [6])).toEqual([1])
    expect(viewStrides([0, 3], [3, 1], [3, 0])).toEqual([0, 1])
  })
})
