import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../lib/cli/args.ts'
import { loadTestData, loadTrainData } from '../../lib/cli/train_data.ts'
import type { Dataset } from '../../lib/data/dataset.ts'
import { idxImages, idxLabels } from '../data/idx_files.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-train-'))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
function folder(files: Record<string, Uint8Array>): string {
  const dir = join(root, `folder-${folders++}`)
  mkdirSync(dir)
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes)
  return dir
}

/** A pair of `count` images; image i has the label i mod 3 and pixels that start with i. */
const pair = (prefix: string, count: number, height = 4, width = 5) => ({
  [`${prefix}-images-idx3-ubyte`]: idxImages(count, height, width),
  [`${prefix}-labels-idx1-ubyte`]: idxLabels(Array.from({ length: count }, (_, i) => i % 3)),
})

const targets = (dataset: Dataset) =>
  [...dataset.getBatch(Int32Array.from({ length: dataset.length }, (_, i) => i))[1].toTypedArray()].map(Number)

describe('loadTrainData', () => {
  it('draws digits without a folder', async () => {
    const { train, test, classes, imageSize, description, mean } = await loadTrainData(null, 5)
    expect([train.length, test.length, classes, imageSize]).toEqual([12_000, 2000, 10, [28, 28]])
    expect(description).toBe('drawn digits, 12000 to train and 2000 to test')
    expect(mean).toBeCloseTo(0.125, 2)
  })

  it('splits a single pair 80/20 by the seed', async () => {
    const dir = folder(pair('t10k', 30))
    const data = await loadTrainData(dir, 1)
    expect(data.description).toBe(`${dir}, one pair of files split into 24 images to train and 6 to test`)
    expect([data.classes, data.imageSize]).toEqual([3, [4, 5]])
    expect([...targets(data.train), ...targets(data.test)].sort()).toEqual([
      ...new Array(10).fill(0),
      ...new Array(10).fill(1),
      ...new Array(10).fill(2),
    ])
    expect(targets((await loadTrainData(dir, 1)).train)).toEqual(targets(data.train))
    expect(targets((await loadTrainData(dir, 2)).train)).not.toEqual(targets(data.train))
  })

  it('keeps two pairs apart, and standardises both by the first', async () => {
    const data = await loadTrainData(folder({ ...pair('train', 12), ...pair('t10k', 9) }), 1)
    expect([data.train.length, data.test.length]).toEqual([12, 9])
    const [input] = data.train.getBatch(Int32Array.from({ length: 12 }, (_, i) => i))
    const values = [...input.toTypedArray()].map(Number)
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0, 4)
    expect(values.reduce((sum, value) => sum + value * value, 0) / values.length).toBeCloseTo(1, 4)
    const [first] = data.test.getBatch(Int32Array.of(0))
    expect(first.toTypedArray()[0]).toBe(Math.fround((0 - Number(data.mean)) / Number(data.std)))
  })

  it('does not divide by the deviation of blank images', async () => {
    const blank = Uint8Array.from(idxImages(6, 4, 4)).fill(0, 16)
    const dir = folder({ ...pair('t10k', 6, 4, 4), 't10k-images-idx3-ubyte': blank })
    expect((await loadTrainData(dir, 0)).std).toBe(1)
  })

  it('refuses images that LeNet-5 cannot take', async () => {
    const small = folder(pair('t10k', 10, 3, 9))
    await expect(loadTrainData(small, 0)).rejects.toThrow(UsageError)
    await expect(loadTrainData(small, 0)).rejects.toThrow(`expected images of at least 4x4 pixels, got 3x9; ${small}`)
    const few = folder(pair('t10k', 4))
    await expect(loadTrainData(few, 0)).rejects.toThrow(`expected at least 5 images to split, got 4; ${few}`)
    const unequal = folder({ ...pair('train', 6, 4, 5), ...pair('t10k', 6, 5, 4) })
    await expect(loadTrainData(unequal, 0)).rejects.toThrow(
      `expected images of one size, got 4x5 to train and 5x4 to test; ${unequal}`,
    )
  })

  it('reads CIFAR of its own making, augments what is trained on and nothing else', async () => {
    const record = (label: number, value: number) => Uint8Array.from([label, ...new Array(3072).fill(value)])
    const batch = (values: number[]) => Buffer.concat(values.map((value, i) => record(i % 10, value)))
    const dir = folder({ 'data_batch_1.bin': batch([10, 20, 30, 40]), 'test_batch.bin': batch([50, 60]) })
    const data = await loadTrainData(dir, 0, { crop: 4, flip: true })
    expect(data.description).toBe(`${dir}, CIFAR-10, 4 images to train and 2 to test`)
    expect([data.channels, data.imageSize, data.classes, data.classNames?.[3]]).toEqual([3, [32, 32], 10, 'cat'])
    expect((data.mean as number[])[1]).toBeCloseTo(25 / 255, 6)
    const black = (0 - (data.mean as number[])[0]) / (data.std as number[])[0]
    const corners = (set: Dataset) => {
      const [input] = set.getBatch(Int32Array.from({ length: set.length }, (_, i) => i))
      return [...input.toTypedArray()].filter((value) => Math.abs(Number(value) - black) < 1e-5).length
    }
    // Crops of the padded images show its black border, with all but certainty.
    expect(corners(data.train)).toBeGreaterThan(0)
    expect(corners(data.test)).toBe(0)
    const other = await loadTestData(dir, 0, { mean: [0, 0, 0], std: [1, 1, 1] })
    expect(other.test.getBatch(Int32Array.of(1))[0].toTypedArray()[0]).toBeCloseTo(60 / 255, 6)
  })

  it('refuses tables that are too short', async () => {
    const dir = folder({ 'table.csv': Buffer.from('label,a\n1,2\n') })
    await expect(loadTrainData(join(dir, 'table.csv'), 0)).rejects.toThrow('expected at least 5 rows to split, got 1; ')
  })

  const shared = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
  it.skipIf(!existsSync(join(shared, 'cifar10-folder')))(
    'reads a folder of images for each class (skipped without ../shared/data)',
    async () => {
      const data = await loadTrainData(join(shared, 'cifar10-folder'), 0, { flip: true })
      expect([data.train.length, data.test.length, data.classes, data.imageSize]).toEqual([160, 40, 10, [32, 32]])
      expect(data.classNames?.[0]).toBe('airplane')
      for (const set of [data.train, data.test]) {
        const [input] = (await set.loadBatch?.(Int32Array.of(0, 1))) ?? []
        expect(input?.shape).toEqual([2, 3, 32, 32])
      }
    },
  )
})
