import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FormatError } from '../util/errors.ts'
import { readIdx } from './idx.ts'
import { ImageDataset, type Normalization } from './image_dataset.ts'

/** What a folder of MNIST-style files holds; at least one of the two is there. */
export interface IdxFolder {
  /** Of the files whose prefix contains `train`; null without them. */
  train: ImageDataset | null
  /** Of those with `t10k` or `test`; null without them. */
  test: ImageDataset | null
}

/** `<prefix>images-idx3-ubyte`, with a dot for the second dash in some mirrors, gzipped or not. */
const IMAGES = /^(.*)images([-.])idx3-ubyte(\.gz)?$/

/**
 * Loads a folder of MNIST-style IDX files: MNIST itself, Fashion-MNIST, KMNIST, EMNIST and their like.
 *
 * A pair is `<prefix>images-idx3-ubyte[.gz]` (uint8 `[N, H, W]`) beside `<prefix>labels-idx1-ubyte[.gz]` (uint8 `[N]`),
 * with `-` or `.` before `idx`. A prefix that contains `train` makes the training set, one that contains `t10k` or
 * `test` the test set. A folder may hold one pair only; split it with {@link randomSplit}.
 *
 * @param dir - of the files.
 * @param options - `mean` and `std` of the pixels after division by 255; defaults 0 and 1.
 * @throws {FormatError} when the folder or a label file is missing, a file is no valid IDX file (see {@link readIdx}),
 * counts disagree, a set is empty, two pairs claim the same role, or one pair is neither.
 *
 * @example
 * const { train, test } = loadIdxFolder('mnist', { mean: 0.1307, std: 0.3081 })
 */
export function loadIdxFolder(dir: string, options: Normalization = {}): IdxFolder {
  const found = findPairs(dir)
  if (found.train === null && found.test === null) {
    throw new FormatError(`loadIdxFolder: expected files named like train-images-idx3-ubyte[.gz], got none; ${dir}`)
  }
  const load = (name: string | null): ImageDataset | null => {
    if (name === null) return null
    const { images, labels, shape } = loadPair(dir, name)
    return new ImageDataset(images, labels, { shape, ...options })
  }
  return { train: load(found.train), test: load(found.test) }
}

/** The arrays of one pair of files. */
export interface IdxPair {
  images: Uint8Array
  labels: Uint8Array
  /** `[N, 1, H, W]` */
  shape: [number, number, number, number]
}

/** The pair of one role in a folder as {@link loadIdxFolder} knows them; null when it is not there. */
export function readIdxFolder(dir: string, role: keyof IdxFolder): IdxPair | null {
  const name = findPairs(dir)[role]
  return name === null ? null : loadPair(dir, name)
}

function findPairs(dir: string): Record<keyof IdxFolder, string | null> {
  const found: Record<keyof IdxFolder, string | null> = { train: null, test: null }
  for (const name of listFiles(dir)) {
    const match = IMAGES.exec(name)
    if (match === null) continue
    const role = roleOf(match[1], join(dir, name))
    const other = found[role]
    if (other !== null) {
      throw new FormatError(`loadIdxFolder: expected one ${role} pair, got ${other} and ${name}; ${dir}`)
    }
    found[role] = name
  }
  return found
}

function listFiles(dir: string): string[] {
  const stat = statSync(dir, { throwIfNoEntry: false })
  if (stat === undefined) throw new FormatError(`loadIdxFolder: no such folder; ${dir}`)
  if (!stat.isDirectory()) throw new FormatError(`loadIdxFolder: expected a folder; ${dir}`)
  return readdirSync(dir).sort()
}

function roleOf(prefix: string, path: string): keyof IdxFolder {
  if (/train/i.test(prefix)) return 'train'
  if (/t10k|test/i.test(prefix)) return 'test'
  throw new FormatError(`loadIdxFolder: expected a name with train, t10k or test before "images"; ${path}`)
}

function loadPair(dir: string, imageName: string): IdxPair {
  const imagePath = join(dir, imageName)
  const labelPath = findLabels(dir, imageName)
  const images = readIdx(imagePath)
  const labels = readIdx(labelPath)
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3) {
    throw new FormatError(
      `loadIdxFolder: expected uint8 images [N, H, W], got [${images.shape.join(', ')}]; ${imagePath}`,
    )
  }
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1) {
    throw new FormatError(`loadIdxFolder: expected uint8 labels [N], got [${labels.shape.join(', ')}]; ${labelPath}`)
  }
  const [count, height, width] = images.shape
  if (count !== labels.shape[0]) {
    throw new FormatError(
      `loadIdxFolder: expected one label per image, got ${count} images in ${imageName} and ${labels.shape[0]} labels in ${labelPath}`,
    )
  }
  if (images.data.length === 0)
    throw new FormatError(`loadIdxFolder: expected at least one image, got none; ${imagePath}`)
  return { images: images.data, labels: labels.data, shape: [count, 1, height, width] }
}

/** The label file of an image file, whichever of the spellings and packings is there. */
function findLabels(dir: string, imageName: string): string {
  const stem = imageName.replace(IMAGES, '$1labels')
  const names = ['-idx1-ubyte', '-idx1-ubyte.gz', '.idx1-ubyte', '.idx1-ubyte.gz'].map((ending) => stem + ending)
  const name = names.find((candidate) => existsSync(join(dir, candidate)))
  if (name === undefined) {
    throw new FormatError(`loadIdxFolder: no label file ${stem}-idx1-ubyte[.gz] beside ${imageName}; ${dir}`)
  }
  return join(dir, name)
}
