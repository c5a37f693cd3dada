import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { FashionMNIST, KMNIST, MNIST } from '../../../lib/data/datasets/mnist.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-mnist-'))
afterAll(() => rmSync(dir, { recursive: true }))

function writePair(folder: string, prefix: string, labels: number[]): void {
  mkdirSync(folder, { recursive: true })
  const pixels = labels.flatMap((label) => new Array<number>(6).fill(20 * label))
  const images = [0, 0, 8, 3, 0, 0, 0, labels.length, 0, 0, 0, 2, 0, 0, 0, 3, ...pixels]
  writeFileSync(join(folder, `${prefix}-images-idx3-ubyte`), Uint8Array.from(images))
  writeFileSync(
    join(folder, `${prefix}-labels-idx1-ubyte`),
    Uint8Array.from([0, 0, 8, 1, 0, 0, 0, labels.length, ...labels]),
  )
}

describe('MNIST and its relatives', () => {
  it('read the files of their role, where torchvision puts them too', () => {
    writePair(join(dir, 'plain'), 'train', [1, 2, 3])
    writePair(join(dir, 'plain'), 't10k', [4])
    writePair(join(dir, 'tv', 'KMNIST', 'raw'), 't10k', [9, 8])
    const train = new MNIST(join(dir, 'plain'))
    expect([train.shape, [...train.labels]]).toEqual([
      [3, 1, 2, 3],
      [1, 2, 3],
    ])
    expect(Number(train.getBatch(Int32Array.of(2))[0].toTypedArray()[5])).toBe(Math.fround(60 / 255))
    expect([...new FashionMNIST(join(dir, 'plain'), { train: false }).labels]).toEqual([4])
    expect([...new KMNIST(join(dir, 'tv'), { train: false }).labels]).toEqual([9, 8])
    expect(() => new KMNIST(join(dir, 'tv'))).toThrow(
      `KMNIST: expected train-images-idx3-ubyte[.gz] in the folder, got no such file; ${join(dir, 'tv', 'KMNIST', 'raw')}`,
    )
    expect(() => new MNIST(join(dir, 'none'))).toThrow(`loadIdxFolder: no such folder; ${join(dir, 'none')}`)
  })

  const real = fileURLToPath(new URL('../../../../shared/data/mnist10k', import.meta.url))
  it.skipIf(!existsSync(real))('read the real test set (skipped where ../shared/data is missing)', () => {
    const test = new MNIST(real, { train: false })
    expect(test.shape).toEqual([10_000, 1, 28, 28])
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4])
    // Published for the training set; the test set's differ in the third digit.
    expect(test.statistics().mean[0]).toBeCloseTo(0.1325, 3)
  })
})
