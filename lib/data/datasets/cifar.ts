import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FormatError } from '../../util/errors.ts'
import { ImageDataset, type ImageSetOptions } from '../image_dataset.ts'
import { readPacked } from '../read_packed.ts'
import { type OpenOptions, openSet } from './open_set.ts'

export interface CifarOptions extends ImageSetOptions {
  /** The images to train on, or those to test on. Default true. */
  train?: boolean
}

const SIDE = 32
const PIXELS = 3 * SIDE * SIDE

/** Labels before the pixels of each record: CIFAR-100 has a coarse and a fine one. */
interface Layout {
  name: string
  /** The folder that the official archive unpacks to. */
  folder: string
  trainFiles: readonly string[]
  testFiles: readonly string[]
  labelBytes: number
  labelAt: number
  classes: number
}

const cifar10: Layout = {
  name: 'CIFAR10',
  folder: 'cifar-10-batches-bin',
  trainFiles: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  testFiles: ['test_batch.bin'],
  labelBytes: 1,
  labelAt: 0,
  classes: 10,
}

const cifar100: Layout = {
  name: 'CIFAR100',
  folder: 'cifar-100-binary',
  trainFiles: ['train.bin'],
  testFiles: ['test.bin'],
  labelBytes: 2,
  labelAt: 1,
  classes: 100,
}

/**
 * CIFAR-10 in its binary version: 32×32 colour images of ten classes, 50,000 to train on and 10,000 to test on.
 *
 * Reads `data_batch_1.bin` to `data_batch_5.bin`, those that are there, or `test_batch.bin`, in `root` or its folder
 * `cifar-10-batches-bin`, gzipped or not. Images are `[N, 3, 32, 32]`.
 *
 * @param root - folder of the files.
 * @param options - `mean` and `std` of the pixels after division by 255 (defaults 0 and 1), and `transform`.
 * @throws {FormatError} when no file is there, or one is no whole number of records or holds a label beyond the classes.
 *
 * Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
 *
 * @example
 * const test = await datasets.CIFAR10.open({ train: false, download: true })
 * const train = new datasets.CIFAR10('cifar10', { transform: transforms.randomCrop(32, { padding: 4 }) })
 */
export class CIFAR10 extends ImageDataset {
  /** Names of the classes. */
  static readonly classes: readonly string[] = [
    ...['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  ]

  constructor(root: string, options: CifarOptions = {}) {
    const { images, labels, shape } = readRecords(cifar10, root, options)
    super(images, labels, { ...options, shape })
  }

  /** The set in the cache folder or in `root`; with `download` the official files are fetched where they are missing. */
  static open(options: CifarOptions & OpenOptions = {}): Promise<CIFAR10> {
    return openSet('CIFAR10', options, (root, rest) => new CIFAR10(root, rest))
  }
}

/**
 * CIFAR-100 in its binary version: 32×32 colour images of a hundred classes, 500 of each to train on and 100 to test on.
 *
 * Reads `train.bin` or `test.bin` in `root` or its folder `cifar-100-binary`, gzipped or not. Labels are the fine ones.
 *
 * @param root - folder of the files.
 * @param options - as for {@link CIFAR10}.
 * @throws {FormatError} as {@link CIFAR10}.
 */
export class CIFAR100 extends ImageDataset {
  constructor(root: string, options: CifarOptions = {}) {
    const { images, labels, shape } = readRecords(cifar100, root, options)
    super(images, labels, { ...options, shape })
  }

  /** The set in the cache folder or in `root`; with `download` the official files are fetched where they are missing. */
  static open(options: CifarOptions & OpenOptions = {}): Promise<CIFAR100> {
    return openSet('CIFAR100', options, (root, rest) => new CIFAR100(root, rest))
  }
}

interface Records {
  images: Uint8Array
  labels: Uint8Array
  shape: [number, number, number, number]
}

function readRecords(layout: Layout, root: string, { train = true }: CifarOptions): Records {
  const { name, labelBytes, labelAt, classes } = layout
  const files = findFiles(layout, root, train).map((path) => ({ path, bytes: readPacked(name, path) }))
  const record = labelBytes + PIXELS
  for (const { path, bytes } of files) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new FormatError(
        `${name}: expected records of ${record} bytes, got a file of ${bytes.length} bytes; ${path}`,
      )
    }
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0)
  const images = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  let n = 0
  for (const { path, bytes } of files) {
    for (let at = 0; at < bytes.length; at += record, n++) {
      labels[n] = bytes[at + labelAt]
      if (labels[n] >= classes) {
        throw new FormatError(
          `${name}: expected labels below ${classes}, got ${labels[n]} in record ${at / record}; ${path}`,
        )
      }
      images.set(bytes.subarray(at + labelBytes, at + record), n * PIXELS)
    }
  }
  return { images, labels, shape: [count, 3, SIDE, SIDE] }
}

function findFiles({ name, folder, trainFiles, testFiles }: Layout, root: string, train: boolean): string[] {
  const names = train ? trainFiles : testFiles
  for (const dir of [root, join(root, folder)]) {
    const found = names.flatMap((file) => {
      const path = [join(dir, file), join(dir, `${file}.gz`)].find((one) => existsSync(one))
      return path === undefined ? [] : [path]
    })
    if (found.length > 0) return found
  }
  throw new FormatError(`${name}: expected ${names[0]}[.gz] in the folder or its ${folder}, got no such file; ${root}`)
}
