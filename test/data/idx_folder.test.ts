import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { loadIdxFolder } from '../../lib/data/idx_folder.ts'
import { FormatError } from '../../lib/util/errors.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-idx-'))
afterAll(() => rmSync(root, { recursive: true }))

const size = (n: number) => [0, 0, n >> 8, n & 255]
const images = (count: number, first = 0) =>
  Buffer.from([
    0,
    0,
    8,
    3,
    ...size(count),
    ...size(2),
    ...size(3),
    ...Array.from({ length: 6 * count }, (_, i) => first + i),
  ])
const labels = (...values: number[]) => Buffer.from([0, 0, 8, 1, ...size(values.length), ...values])

let folders = 0
function folder(files: Record<string, Buffer>): string {
  const dir = join(root, `folder-${folders++}`)
  mkdirSync(dir)
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(dir, name), name.endsWith('.gz') ? gzipSync(bytes) : bytes)
  }
  return dir
}

function messageOf(dir: string): string {
  try {
    loadIdxFolder(dir)
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    return (error as Error).message
  }
  return 'no error'
}

describe('loadIdxFolder', () => {
  it('finds both pairs, in any spelling and packing', () => {
    const spellings = [
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
      ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte', 't10k-images.idx3-ubyte', 't10k-labels.idx1-ubyte'],
      ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte.gz'],
      [
        'emnist-letters-train-images-idx3-ubyte.gz',
        'emnist-letters-train-labels-idx1-ubyte.gz',
        'emnist-letters-test-images-idx3-ubyte.gz',
        'emnist-letters-test-labels-idx1-ubyte.gz',
      ],
    ]
    for (const [trainImages, trainLabels, testImages, testLabels] of spellings) {
      const dir = folder({
        [trainImages]: images(3),
        [trainLabels]: labels(5, 6, 7),
        [testImages]: images(2, 100),
        [testLabels]: labels(8, 9),
        'README.txt': Buffer.from('not data'),
      })
      const { train, test } = loadIdxFolder(dir)
      expect(train?.shape).toEqual([3, 1, 2, 3])
      expect([...(train?.labels ?? [])]).toEqual([5, 6, 7])
      expect(test?.shape).toEqual([2, 1, 2, 3])
      const [input, target] = test!.getBatch(Int32Array.of(0))
      expect(target.toArray()).toEqual([8])
      expect([...input.toTypedArray()]).toEqual([100, 101, 102, 103, 104, 105].map((pixel) => Math.fround(pixel / 255)))
    }
  })

  it('loads a folder of one pair, with the normalization asked for', () => {
    const dir = folder({ 't10k-images-idx3-ubyte.gz': images(1), 't10k-labels-idx1-ubyte.gz': labels(4) })
    const { train, test } = loadIdxFolder(dir, { mean: 0.5, std: 0.5 })
    expect(train).toBeNull()
    expect(test?.getBatch(Int32Array.of(0))[0].toTypedArray()[0]).toBe(-1)
  })

  it('refuses folders without usable files', () => {
    const missing = join(root, 'nowhere')
    expect(messageOf(missing)).toBe(`loadIdxFolder: no such folder; ${missing}`)
    const dir = folder({ 'images.png': Buffer.of(1), 'train-images-idx3-ubyte': images(1) })
    const file = join(dir, 'images.png')
    expect(messageOf(file)).toBe(`loadIdxFolder: expected a folder; ${file}`)
    expect(messageOf(dir)).toBe(
      `loadIdxFolder: no label file train-labels-idx1-ubyte[.gz] beside train-images-idx3-ubyte; ${dir}`,
    )
    const empty = folder({})
    expect(messageOf(empty)).toBe(
      `loadIdxFolder: expected files named like train-images-idx3-ubyte[.gz], got none; ${empty}`,
    )
  })

  it('refuses pairs whose role is unclear', () => {
    const other = folder({ 'validation-images-idx3-ubyte': images(1), 'validation-labels-idx1-ubyte': labels(1) })
    expect(messageOf(other)).toBe(
      `loadIdxFolder: expected a name with train, t10k or test before "images"; ${join(other, 'validation-images-idx3-ubyte')}`,
    )
    const twice = folder({ 'train-images-idx3-ubyte': images(1), 'train-images.idx3-ubyte': images(1) })
    expect(messageOf(twice)).toBe(
      `loadIdxFolder: expected one train pair, got train-images-idx3-ubyte and train-images.idx3-ubyte; ${twice}`,
    )
  })

  it('refuses images and labels that do not match', () => {
    const name = 't10k-images-idx3-ubyte'
    const make = (imageFile: Buffer, labelFile: Buffer) =>
      folder({ [name]: imageFile, 't10k-labels-idx1-ubyte': labelFile })
    const disagree = make(images(3), labels(1, 2))
    const labelPath = join(disagree, 't10k-labels-idx1-ubyte')
    expect(messageOf(disagree)).toBe(
      `loadIdxFolder: expected one label per image, got 3 images in ${name} and 2 labels in ${labelPath}`,
    )
    const swapped = make(labels(1, 2), images(2))
    expect(messageOf(swapped)).toBe(`loadIdxFolder: expected uint8 images [N, H, W], got [2]; ${join(swapped, name)}`)
    const square = make(images(1), images(1))
    expect(messageOf(square)).toBe(
      `loadIdxFolder: expected uint8 labels [N], got [1, 2, 3]; ${join(square, 't10k-labels-idx1-ubyte')}`,
    )
    const none = make(images(0), labels())
    expect(messageOf(none)).toBe(`loadIdxFolder: expected at least one image, got none; ${join(none, name)}`)
    const cut = make(images(3).subarray(0, 20), labels(1, 2, 3))
    expect(messageOf(cut)).toBe(
      `readIdx: truncated: the header promises [3, 2, 3] (18 bytes of data), got 4 bytes; ${join(cut, name)}`,
    )
  })
})
