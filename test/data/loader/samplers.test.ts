import { describe, expect, it } from 'vitest'
import { DataLoader } from '../../../lib/data/data_loader.ts'
import type { Dataset } from '../../../lib/data/dataset.ts'
import { Generator } from '../../../lib/data/generator.ts'
import {
  RandomSampler,
  SequentialSampler,
  StratifiedSampler,
  WeightedRandomSampler,
} from '../../../lib/data/loader/samplers.ts'
import { tensor } from '../../../lib/tensor/create.ts'
import type { Tensor } from '../../../lib/tensor/tensor.ts'

const counting = (length: number): Dataset<[Tensor]> => ({ length, getBatch: (indices) => [tensor(indices)] })
const counts = (order: Int32Array, size: number) =>
  Array.from({ length: size }, (_, i) => order.filter((index) => index === i).length)

describe('samplers', () => {
  it('give a loader its order, anew in each epoch', () => {
    const sampler = new RandomSampler(10, { numSamples: 25 })
    const loader = new DataLoader(counting(10), { batchSize: 4, sampler, seed: 1 })
    expect(loader.length).toBe(7)
    const epoch = () => Array.from(loader, ([batch]) => [...batch.toTypedArray()].map(Number)).flat()
    const [first, second] = [epoch(), epoch()]
    expect(first).not.toEqual(second)
    expect(first).toHaveLength(25)
    const again = new DataLoader(counting(10), { batchSize: 5, sampler, seed: 1 })
    expect(Array.from(again, ([batch]) => [...batch.toTypedArray()]).flat()).toEqual(first)
    expect(() => new DataLoader(counting(10), { sampler, shuffle: true })).toThrow(
      'DataLoader: expected shuffle or a sampler, got both; a sampler decides the order by itself',
    )
  })

  it('walk in order, or permute', () => {
    expect([...new SequentialSampler(3).order(new Generator(0))]).toEqual([0, 1, 2])
    const order = new RandomSampler(10, { numSamples: 25 }).order(new Generator(5))
    expect(counts(order.subarray(0, 10), 10)).toEqual(new Array(10).fill(1))
    expect(counts(order.subarray(10, 20), 10)).toEqual(new Array(10).fill(1))
    expect(new Set(order.subarray(20)).size).toBe(5)
    const drawn = new RandomSampler(10, { replacement: true, numSamples: 10_000 }).order(new Generator(5))
    // 1000 expected, standard deviation 30.
    for (const count of counts(drawn, 10)) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('weigh', () => {
    const weights = [0, 1, 2, 0, 7]
    const drawn = new WeightedRandomSampler(weights, 20_000).order(new Generator(2))
    counts(drawn, 5).forEach((count, i) => {
      const expected = 2000 * weights[i]
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected))
    })
    // The first draw without replacement has the same probabilities; those without weight never come.
    const sampler = new WeightedRandomSampler(weights, 3, { replacement: false })
    const firsts = new Int32Array(3000)
    for (let i = 0; i < firsts.length; i++) {
      const order = sampler.order(new Generator(9).fork(i))
      expect([...order].sort()).toEqual([1, 2, 4])
      firsts[i] = order[0]
    }
    counts(firsts, 5).forEach((count, i) => {
      expect(Math.abs(count - 300 * weights[i])).toBeLessThanOrEqual(5 * Math.sqrt(300 * weights[i]))
    })
  })

  it('spread classes over the batches in proportion', () => {
    const labels = Int32Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 2 : i % 2))
    const order = new StratifiedSampler(labels).order(new Generator(4))
    expect(counts(order, 1000)).toEqual(new Array(1000).fill(1))
    for (let start = 0; start < 1000; start += 50) {
      const batch = order.slice(start, start + 50).map((index) => labels[index])
      const [zeros, ones, twos] = counts(batch, 3)
      expect(Math.abs(zeros - 20)).toBeLessThanOrEqual(2)
      expect(Math.abs(ones - 25)).toBeLessThanOrEqual(2)
      expect(Math.abs(twos - 5)).toBeLessThanOrEqual(2)
    }
    expect(new StratifiedSampler(labels).order(new Generator(5))).not.toEqual(order)
  })

  it('refuse what makes no sense', () => {
    expect(() => new SequentialSampler(1.5)).toThrow(
      'SequentialSampler: expected size to be an integer of at least 0, got 1.5',
    )
    expect(() => new RandomSampler(-1)).toThrow('RandomSampler: expected size to be an integer of at least 0, got -1')
    expect(() => new RandomSampler(3, { numSamples: Number.NaN })).toThrow(
      'RandomSampler: expected numSamples to be an integer of at least 0, got NaN',
    )
    expect(() => new RandomSampler(0, { numSamples: 2 })).toThrow(
      'RandomSampler: expected a data set with samples, got none',
    )
    expect(() => new WeightedRandomSampler([1, -1], 2)).toThrow(
      'WeightedRandomSampler: expected finite weights of at least 0, got -1 at position 1',
    )
    expect(() => new WeightedRandomSampler([0, 0], 2)).toThrow(
      'WeightedRandomSampler: expected a positive weight, got none',
    )
    expect(() => new WeightedRandomSampler([0, 1], 2, { replacement: false })).toThrow(
      'WeightedRandomSampler: expected numSamples to be at most the 1 positive weights without replacement, got 2',
    )
  })
})
