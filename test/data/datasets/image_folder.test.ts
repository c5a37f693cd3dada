import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataLoader } from '../../../lib/data/data_loader.ts'
import { ImageFolder } from '../../../lib/data/datasets/image_folder.ts'
import { loadSharp } from '../../../lib/data/datasets/sharp.ts'
import { randomHorizontalFlip } from '../../../lib/data/transforms/flip.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-images-'))
afterAll(() => rmSync(dir, { recursive: true }))

const png = (height: number, width: number, channels: number, value: (i: number) => number) =>
  encode({ height, width, channels, data: Uint8Array.from({ length: height * width * channels }, (_, i) => value(i)) })

beforeAll(() => {
  for (const folder of ['pets/cat/young', 'pets/Dog', 'sizes/a', 'empty/a', 'broken/a']) {
    mkdirSync(join(dir, folder), { recursive: true })
  }
  writeFileSync(
    join(dir, 'pets/cat/2.png'),
    png(2, 3, 3, (i) => 10 * i),
  )
  writeFileSync(
    join(dir, 'pets/cat/young/1.PNG'),
    png(2, 3, 1, () => 100),
  )
  writeFileSync(
    join(dir, 'pets/Dog/rex.png'),
    png(2, 3, 4, (i) => (i % 4 === 3 ? 255 : 7)),
  )
  writeFileSync(join(dir, 'pets/Dog/notes.txt'), 'no image')
  writeFileSync(
    join(dir, 'sizes/a/1.png'),
    png(2, 3, 3, () => 50),
  )
  writeFileSync(
    join(dir, 'sizes/a/2.png'),
    png(4, 4, 3, () => 50),
  )
  writeFileSync(join(dir, 'broken/a/1.png'), 'no image')
})

const pixels = (values: ArrayLike<number | bigint>) => Array.from(values, (value) => Math.round(255 * Number(value)))
const at = (...indices: number[]) => Int32Array.from(indices)

describe('ImageFolder', () => {
  it('has a class for each folder, and decodes what lies in it', async () => {
    const set = new ImageFolder(join(dir, 'pets'))
    expect([set.classes, [...set.labels], set.length]).toEqual([['Dog', 'cat'], [0, 1, 1], 3])
    const [input, target] = await set.loadBatch(at(1, 0, 2))
    expect([input.shape, [...target.toTypedArray()]]).toEqual([
      [3, 3, 2, 3],
      [1, 0, 1],
    ])
    expect(input.isContiguous('channelsLast')).toBe(true)
    const values = pixels(input.toTypedArray())
    expect(values.slice(0, 18)).toEqual([0, 1, 2].flatMap((c) => [0, 1, 2, 3, 4, 5].map((i) => 10 * (3 * i + c))))
    expect(values.slice(18)).toEqual([...new Array(18).fill(7), ...new Array(18).fill(100)])
    const mirrored = set.withTransform(randomHorizontalFlip({ p: 1 }))
    const [flipped] = await mirrored.loadBatch(at(1))
    expect(pixels(flipped.toTypedArray()).slice(0, 3)).toEqual([60, 30, 0])
  })

  it('brings images to one size, in grey if asked to', async () => {
    const [input] = await new ImageFolder(join(dir, 'sizes'), { size: [3, 2], channels: 1 }).loadBatch(at(0, 1))
    expect(input.shape).toEqual([2, 1, 3, 2])
    expect(pixels(input.toTypedArray())).toEqual(new Array(12).fill(50))
  })

  it('comes by for await, a few batches ahead', async () => {
    const loader = new DataLoader(new ImageFolder(join(dir, 'pets')), { batchSize: 1, prefetch: 4 })
    const labels: number[] = []
    for await (const [, target] of loader) labels.push(Number(target.item()))
    expect(labels).toEqual([0, 1, 1])
    expect(() => [...loader]).toThrow(
      'ImageFolder: expected for await over the loader, which waits for files, got a plain for',
    )
  })

  it('says what is wrong', async () => {
    const folder = (name: string) => new ImageFolder(join(dir, name))
    expect(() => folder('none')).toThrow(
      `ImageFolder: expected a folder with a folder for each class; ${join(dir, 'none')}`,
    )
    expect(() => folder('pets/Dog')).toThrow(
      `ImageFolder: expected a folder for each class, got none; ${join(dir, 'pets/Dog')}`,
    )
    expect(() => folder('empty')).toThrow(
      `ImageFolder: expected images (JPEG, PNG, WebP, GIF, AVIF, TIFF) in a, got none; ${join(dir, 'empty')}`,
    )
    await expect(folder('sizes').loadBatch(at(0, 1))).rejects.toThrow(
      'ImageFolder: expected images of 2x3 like the first, got 4x4; give a size to bring all to one; ' +
        join(dir, 'sizes/a/2.png'),
    )
    await expect(folder('broken').loadBatch(at(0))).rejects.toThrow(
      /^ImageFolder: cannot decode the image \(.*\); .*1\.png$/,
    )
    const missing = () => Promise.reject(new Error("Cannot find package 'sharp'"))
    await expect(loadSharp(missing)).rejects.toThrow(
      'ImageFolder: expected the package sharp, which decodes JPEG, PNG and WebP; install it with npm install sharp ' +
        "(Cannot find package 'sharp')",
    )
  })

  const real = fileURLToPath(new URL('../../../../shared/data/cifar10-folder', import.meta.url))
  it.skipIf(!existsSync(real))('reads 200 JPEGs (skipped where ../shared/data is missing)', async () => {
    const set = new ImageFolder(real)
    expect([set.length, set.classes.length]).toEqual([200, 10])
    let seen = 0
    for await (const [input] of new DataLoader(set, { batchSize: 50 })) {
      expect(input.shape).toEqual([50, 3, 32, 32])
      const values = input.toTypedArray() as Float32Array
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      expect(mean).toBeGreaterThan(0.3)
      expect(mean).toBeLessThan(0.6)
      seen += 50
    }
    expect(seen).toBe(200)
  })
})
