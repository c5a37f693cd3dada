import { describe, expect, it } from 'vitest'
import { DataLoader } from '../../lib/data/data_loader.ts'
import type { Dataset } from '../../lib/data/dataset.ts'
import { tensor } from '../../lib/tensor/create.ts'
import { manualSeed } from '../../lib/tensor/generator.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'

const counting = (length: number): Dataset<[Tensor]> => ({ length, getBatch: (indices) => [tensor(indices)] })

const epoch = (loader: Iterable<[Tensor]>) => Array.from(loader, ([batch]) => [...(batch.toTypedArray() as Int32Array)])

describe('DataLoader', () => {
  it('yields the samples in order, one by one, by default', () => {
    const loader = new DataLoader(counting(3))
    expect(epoch(loader)).toEqual([[0], [1], [2]])
    expect(epoch(loader)).toEqual([[0], [1], [2]])
    expect(loader.length).toBe(3)
  })

  it('keeps or drops the last batch that is not full', () => {
    const keep = new DataLoader(counting(7), { batchSize: 3 })
    expect(keep.length).toBe(3)
    expect(epoch(keep)).toEqual([[0, 1, 2], [3, 4, 5], [6]])
    const drop = new DataLoader(counting(7), { batchSize: 3, dropLast: true })
    expect(drop.length).toBe(2)
    expect(epoch(drop)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(epoch(new DataLoader(counting(2), { batchSize: 3, dropLast: true }))).toEqual([])
    expect(epoch(new DataLoader(counting(0), { batchSize: 3 }))).toEqual([])
  })

  it('shuffles each epoch anew, as the seed says', () => {
    const make = (seed: number) => new DataLoader(counting(50), { batchSize: 8, shuffle: true, seed })
    const loader = make(1)
    const first = epoch(loader).flat()
    const second = epoch(loader).flat()
    expect(first).not.toEqual(second)
    const sorted = Array.from({ length: 50 }, (_, i) => i)
    expect([...first].sort((a, b) => a - b)).toEqual(sorted)
    expect([...second].sort((a, b) => a - b)).toEqual(sorted)
    const again = make(1)
    expect(epoch(again).flat()).toEqual(first)
    expect(epoch(make(2)).flat()).not.toEqual(first)
    const resumed = make(1)
    resumed.epoch = 1
    expect(epoch(resumed).flat()).toEqual(second)
    expect(resumed.epoch).toBe(2)
  })

  it('takes its seed from the library when it has none', () => {
    const order = () => epoch(new DataLoader(counting(50), { batchSize: 50, shuffle: true }))
    manualSeed(5)
    const first = order()
    const second = order()
    manualSeed(5)
    epoch(new DataLoader(counting(3)))
    expect(order()).toEqual(first)
    expect(second).not.toEqual(first)
  })

  it('gives the same batches by for await, and lets the event loop turn between them', async () => {
    const make = () => new DataLoader(counting(10), { batchSize: 4, shuffle: true, seed: 9 })
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const seen: number[][] = []
    const turnsAtBatch: number[] = []
    for await (const [batch] of make()) {
      seen.push([...(batch.toTypedArray() as Int32Array)])
      turnsAtBatch.push(turns)
      const end = performance.now() + 3
      while (performance.now() < end);
    }
    clearInterval(timer)
    expect(seen).toEqual(epoch(make()))
    expect(turnsAtBatch[2]).toBeGreaterThan(turnsAtBatch[0])
  })

  it('can be left in the middle of an epoch', async () => {
    const loader = new DataLoader(counting(10), { batchSize: 2 })
    for (const [batch] of loader) {
      expect([...batch.toTypedArray()]).toEqual([0, 1])
      break
    }
    for await (const [batch] of loader) {
      expect([...batch.toTypedArray()]).toEqual([0, 1])
      break
    }
    expect(loader.epoch).toBe(2)
  })

  it('refuses batch sizes that make no sense', () => {
    for (const batchSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = `DataLoader: expected batchSize to be a positive integer, got ${batchSize}`
      expect(() => new DataLoader(counting(1), { batchSize })).toThrow(message)
    }
  })
})
