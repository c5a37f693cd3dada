import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../lib/data/dataset.ts'
import { randomSplit } from '../../lib/data/random_split.ts'
import { Subset } from '../../lib/data/subset.ts'
import { tensor } from '../../lib/tensor/create.ts'
import { manualSeed } from '../../lib/tensor/generator.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'

const counting = (length: number): Dataset<[Tensor]> => ({ length, getBatch: (indices) => [tensor(indices)] })
const sizes = (total: number, lengths: number[]) =>
  randomSplit(counting(total), lengths, { seed: 1 }).map((part) => part.length)

describe('Subset', () => {
  it('renames the samples', () => {
    const subset = new Subset(counting(10), [7, 2, 2])
    expect(subset.length).toBe(3)
    expect(subset.getBatch(Int32Array.of(2, 0))[0].toArray()).toEqual([2, 7])
    const nested = new Subset(subset, [0])
    expect(nested.getBatch(Int32Array.of(0))[0].toArray()).toEqual([7])
  })

  it('refuses indices outside the set', () => {
    for (const index of [-1, 10, 0.5, Number.NaN]) {
      const message = `Subset: expected indices in [0, 10), got ${index} at position 1`
      expect(() => new Subset(counting(10), [0, index])).toThrow(message)
    }
  })
})

describe('randomSplit', () => {
  it('deals out every sample once', () => {
    const [train, test] = randomSplit(counting(100), [80, 20], { seed: 3 })
    expect([train.length, test.length]).toEqual([80, 20])
    expect([...train.indices, ...test.indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect([...test.indices].sort((a, b) => a - b)).not.toEqual(Array.from({ length: 20 }, (_, i) => 80 + i))
  })

  it('depends on the seed alone', () => {
    const split = (seed?: number) => [...randomSplit(counting(100), [0.5, 0.5], { seed })[0].indices]
    expect(split(3)).toEqual(split(3))
    expect(split(3)).not.toEqual(split(4))
    manualSeed(6)
    const drawn = split()
    manualSeed(6)
    expect(split()).toEqual(drawn)
  })

  it('rounds fractions down and gives the rest to the first parts', () => {
    expect(sizes(10_000, [0.8, 0.2])).toEqual([8000, 2000])
    expect(sizes(10, [0.33, 0.33, 0.34])).toEqual([4, 3, 3])
    expect(sizes(11, [0.5, 0.5])).toEqual([6, 5])
    expect(sizes(100, new Array(10).fill(0.1))).toEqual(new Array(10).fill(10))
    expect(sizes(1, [1])).toEqual([1])
    expect(sizes(5, [5, 0])).toEqual([5, 0])
  })

  it('refuses lengths that are neither counts nor fractions of the whole', () => {
    const message = (lengths: number[]) =>
      `randomSplit: expected lengths that add up to 10, or fractions that add up to 1, got [${lengths.join(', ')}]`
    for (const lengths of [[5, 4], [0.5, 0.4], [11, -1], [Number.NaN, 1], [2.5, 7.5], []]) {
      expect(() => randomSplit(counting(10), lengths)).toThrow(message(lengths))
    }
  })

  it('keeps the proportions of the classes when asked to', () => {
    const labels = Int32Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 1 : 0))
    const set: Dataset<[Tensor]> = { length: 500, getBatch: (indices) => [tensor(indices)] }
    const [train, test] = randomSplit(set, [0.8, 0.2], { seed: 2, stratify: labels })
    expect([train.length, test.length]).toEqual([400, 100])
    expect(new Set([...train.indices, ...test.indices]).size).toBe(500)
    const ones = [...test.indices].filter((index) => labels[index] === 1).length
    expect(Math.abs(ones - 20)).toBeLessThanOrEqual(2)
    expect(() => randomSplit(set, [1], { stratify: [1, 2] })).toThrow(
      'randomSplit: expected one class per sample to stratify by (500), got 2',
    )
  })
})
