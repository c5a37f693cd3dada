import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadIdxFolder } from '../data/idx_folder.ts'
import type { ImageDataset } from '../data/image_dataset.ts'
import { randomSplit } from '../data/random_split.ts'
import { SyntheticDigits } from '../data/synthetic_digits.ts'
import { UsageError } from './args.ts'
import { type DataOptions, describe, plainData, type TrainData } from './data_options.ts'
import { loadCifar, loadImageFolder, loadTable } from './data_sources.ts'

/** Two poolings by 2 leave nothing of less. */
const MIN_SIDE = 4

/** Enough for LeNet-5 to learn the drawn digits well in a few epochs, and to tell 98 from 99 per cent. */
const SYNTHETIC_TRAIN = 12_000
const SYNTHETIC_TEST = 2000

/**
 * Loads the data at `path`, or draws digits when it is null: a folder of IDX files, of CIFAR's binary files or of a folder of images
 * for each class, or a CSV file.
 *
 * A training and a test part are used as they are; what has no test part is split 80/20 by the seed. Pixels are standardised by the
 * mean and deviation of the training part.
 *
 * @throws {FormatError} when the files are not usable.
 * @throws {UsageError} when there are too few or too small images, or two sets of unequal sizes.
 */
export async function loadTrainData(
  path: string | null,
  seed: number,
  given: Partial<DataOptions> = {},
): Promise<TrainData> {
  const options = { ...plainData, ...given }
  if (path === null) return drawDigits(seed, options)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile() && /\.csv(\.gz)?$/.test(path)) return loadTable(path, seed, options)
  const names = stat?.isDirectory() ? readdirSync(path) : []
  const cifar = names
    .map((name) => /^(?:cifar-(100?)-b|(data|test)_batch\S*\.bin|(train|test)\.bin)/.exec(name))
    .find((one) => one)
  if (cifar) return loadCifar(path, cifar[1] === '100' || cifar[3] !== undefined ? 100 : 10, options)
  const folders = names.filter((name) => statSync(join(path, name)).isDirectory())
  if (folders.length > 0 && !names.some((name) => /idx\d-ubyte/.test(name)))
    return loadImageFolder(path, folders, seed, options)
  return loadFolder(path, seed, options)
}

/** Data to measure a model on that was trained on others: standardised as those were. */
export async function loadTestData(
  path: string | null,
  seed: number,
  { mean, std, ...options }: Partial<DataOptions> & { mean: readonly number[]; std: readonly number[] },
): Promise<TrainData> {
  const data = await loadTrainData(path, seed, options)
  data.normalize?.({ mean, std })
  return data
}

function drawDigits(seed: number, options: DataOptions): TrainData {
  const train = new SyntheticDigits({ size: SYNTHETIC_TRAIN, seed })
  const test = new SyntheticDigits({ size: SYNTHETIC_TEST, seed, train: false })
  const description = `drawn digits, ${train.length} to train and ${test.length} to test`
  return { description, ...describe([train, test], train, test, options) }
}

function loadFolder(dir: string, seed: number, options: DataOptions): TrainData {
  const { train, test } = loadIdxFolder(dir)
  if (train !== null && test !== null) {
    const [, , height, width] = train.shape
    if (test.shape[2] !== height || test.shape[3] !== width) {
      const sizes = `${height}x${width} to train and ${test.shape[2]}x${test.shape[3]} to test`
      throw new UsageError(`expected images of one size, got ${sizes}; ${dir}`)
    }
    checkSide(train, dir)
    const description = `${dir}, ${train.length} images to train and ${test.length} to test`
    return { description, ...describe([train, test], train, test, options) }
  }
  const whole = (train ?? test) as ImageDataset
  if (whole.length < 5) throw new UsageError(`expected at least 5 images to split, got ${whole.length}; ${dir}`)
  checkSide(whole, dir)
  const [trainPart, testPart] = randomSplit(whole, [0.8, 0.2], { seed })
  const description = `${dir}, one pair of files split into ${trainPart.length} images to train and ${testPart.length} to test`
  return { description, ...describe([whole], trainPart, testPart, options) }
}

function checkSide({ shape: [, , height, width] }: ImageDataset, dir: string): void {
  if (Math.min(height, width) < MIN_SIDE) {
    throw new UsageError(`expected images of at least ${MIN_SIDE}x${MIN_SIDE} pixels, got ${height}x${width}; ${dir}`)
  }
}
