import { describe, expect, it } from 'vitest'
import { DataLoader } from '../../../lib/data/data_loader.ts'
import type { LabelledBatch } from '../../../lib/data/dataset.ts'
import { Generator } from '../../../lib/data/generator.ts'
import { ImageDataset } from '../../../lib/data/image_dataset.ts'
import { cutmix, mixup, randomChoice } from '../../../lib/data/transforms/mix.ts'
import { memory } from '../../../lib/kernels/select.ts'
import { tensor, zeros } from '../../../lib/tensor/create.ts'

/** Three images of one value each, 10, 20 and 30, of classes 0, 1 and 2. */
function three(): LabelledBatch {
  const set = new ImageDataset(
    Uint8Array.from({ length: 3 * 2 * 64 }, (_, i) => 10 * (Math.floor(i / 128) + 1)),
    [0, 1, 2],
    { shape: [3, 2, 8, 8], std: 1 / 255 },
  )
  return set.getBatch(Int32Array.of(0, 1, 2))
}

describe('mixup', () => {
  it('blends each image and its target with those before', () => {
    const shares = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const [input, target] = mixup(3)(three(), new Generator(seed))
      const odds = target.toArray() as number[][]
      const share = odds[0][0]
      expect(share).toBeGreaterThanOrEqual(0)
      expect(share).toBeLessThanOrEqual(1)
      expect(odds[1][1]).toBe(share)
      expect(odds[0][2]).toBeCloseTo(1 - share, 6)
      expect(input.isContiguous('channelsLast')).toBe(true)
      const values = input.toTypedArray() as Float32Array
      for (const [n, before] of [2, 0, 1].entries()) {
        const wanted = share * 10 * (n + 1) + (1 - share) * 10 * (before + 1)
        for (let i = 0; i < 128; i++) expect(values[128 * n + i]).toBeCloseTo(wanted, 4)
      }
      shares.add(share.toFixed(6))
    }
    expect(shares.size).toBe(50)
  })

  it('draws its share from the Beta distribution', () => {
    const small = (): LabelledBatch => [zeros([2, 1, 1, 1]), tensor(Int32Array.of(0, 1))]
    for (const alpha of [0.4, 1, 3]) {
      const shares = Array.from({ length: 2000 }, (_, seed) =>
        Number(mixup(2, { alpha })(small(), new Generator(seed))[1].toTypedArray()[0]),
      )
      const mean = shares.reduce((sum, share) => sum + share, 0) / 2000
      const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / 2000
      // Var = 1 / (4 (2 α + 1)); the mean of 2000 has a standard deviation below 0.009.
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.04)
      expect(variance * 4 * (2 * alpha + 1)).toBeGreaterThan(0.88)
      expect(variance * 4 * (2 * alpha + 1)).toBeLessThan(1.12)
    }
  })
})

describe('cutmix', () => {
  it('pastes a rectangle and mixes targets by its area', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [input, target] = cutmix(3)(three(), new Generator(seed))
      const values = [...(input.toTypedArray() as Float32Array)].map(Math.round)
      const pasted = values.slice(0, 64).filter((value) => value === 30).length
      expect(values.slice(0, 64).filter((value) => value === 10).length).toBe(64 - pasted)
      expect(values.slice(64, 128)).toEqual(values.slice(0, 64))
      const odds = target.toArray() as number[][]
      expect(odds[0]).toEqual([1 - pasted / 64, 0, pasted / 64])
      expect(input.isContiguous('channelsLast')).toBe(true)
    }
  })
})

describe('changes of batches', () => {
  it('run in a loader, the same for the same seed, and leave no memory behind', async () => {
    const set = new ImageDataset(new Uint8Array(40 * 16).fill(9), new Int32Array(40), { shape: [40, 1, 4, 4] })
    const batchTransform = randomChoice([mixup(2), cutmix(2)])
    const loader = () => new DataLoader(set, { batchSize: 8, shuffle: true, seed: 2, batchTransform })
    const run = (one: Iterable<LabelledBatch>) =>
      Array.from(one, ([input, target]) => {
        const rows = [input.toArray(), target.toArray()]
        input.dispose()
        target.dispose()
        return rows
      })
    const expected = run(loader())
    const before = memory().storages
    expect(run(loader())).toEqual(expected)
    expect(memory().storages).toBe(before)
    const waited: unknown[] = []
    for await (const [input, target] of loader()) waited.push([input.toArray(), target.toArray()])
    expect(waited).toEqual(expected)
  })

  it('refuse what makes no sense', () => {
    const mix = (input: number[], labels: Int32Array | Float32Array) => () =>
      cutmix(2)([zeros(input), tensor(labels)], new Generator(0))
    expect(mix([2, 1, 4, 4], Int32Array.of(0, 2))).toThrow('cutmix: expected targets in [0, 2), got 2')
    expect(mix([2, 1, 4, 4], Float32Array.of(0, 1))).toThrow(
      'cutmix: expected targets that are class indices, got float32',
    )
    expect(mix([3, 1, 4, 4], Int32Array.of(0, 1))).toThrow(
      'cutmix: expected one target per image; input [3, 1, 4, 4], target [2]',
    )
    expect(mix([2, 4], Int32Array.of(0, 1))).toThrow('cutmix: expected images [N, C, H, W]; input [2, 4]')
    expect(() => mixup(2, { alpha: 0 })).toThrow('mixup: expected alpha to be a positive number, got 0')
    expect(() => mixup(0)).toThrow('mixup: expected numClasses to be an integer of at least 1, got 0')
    expect(() => randomChoice([])).toThrow('randomChoice: expected at least one change, got none')
  })
})
