import type { Dataset } from '../data/dataset.ts'
import { loadIdxFolder } from '../data/idx_folder.ts'
import type { ImageDataset } from '../data/image_dataset.ts'
import { randomSplit } from '../data/random_split.ts'
import { SyntheticDigits } from '../data/synthetic_digits.ts'
import { UsageError } from './args.ts'

/** What the training command trains and tests on. */
export interface TrainData {
  /** One line for the person at the keyboard. */
  description: string
  train: Dataset
  test: Dataset
  classes: number
  /** `[height, width]` */
  imageSize: [number, number]
  /** Of the training pixels over 255; inputs are `(pixel / 255 − mean) / std`. */
  mean: number
  std: number
}

/** Two poolings by 2 leave nothing of less. */
const MIN_SIDE = 4

/** Enough for LeNet-5 to learn the drawn digits well in a few epochs, and to tell 98 from 99 per cent. */
const SYNTHETIC_TRAIN = 12_000
const SYNTHETIC_TEST = 2000

/**
 * Loads the images of `dir`, or draws digits when it is null.
 *
 * A folder with a training and a test pair is used as it is; a single pair is split 80/20 by the seed. The pixels are
 * standardised by the mean and deviation of the training part.
 *
 * @throws {FormatError} when the files are not usable.
 * @throws {UsageError} when there are too few or too small images, or two sets of unequal sizes.
 */
export function loadTrainData(dir: string | null, seed: number): TrainData {
  return dir === null ? drawDigits(seed) : loadFolder(dir, seed)
}

function drawDigits(seed: number): TrainData {
  const train = new SyntheticDigits({ size: SYNTHETIC_TRAIN, seed })
  const test = new SyntheticDigits({ size: SYNTHETIC_TEST, seed, train: false })
  const description = `drawn digits, ${train.length} to train and ${test.length} to test`
  return { description, train, test, ...describe([train, test], undefined) }
}

function loadFolder(dir: string, seed: number): TrainData {
  const { train, test } = loadIdxFolder(dir)
  if (train !== null && test !== null) {
    const [, , height, width] = train.shape
    if (test.shape[2] !== height || test.shape[3] !== width) {
      const sizes = `${height}x${width} to train and ${test.shape[2]}x${test.shape[3]} to test`
      throw new UsageError(`expected images of one size, got ${sizes}; ${dir}`)
    }
    checkSide(train, dir)
    const description = `${dir}, ${train.length} images to train and ${test.length} to test`
    return { description, train, test, ...describe([train, test], undefined) }
  }
  const whole = (train ?? test) as ImageDataset
  if (whole.length < 5) throw new UsageError(`expected at least 5 images to split, got ${whole.length}; ${dir}`)
  checkSide(whole, dir)
  const [trainPart, testPart] = randomSplit(whole, [0.8, 0.2], { seed })
  const description = `${dir}, one pair of files split into ${trainPart.length} images to train and ${testPart.length} to test`
  return { description, train: trainPart, test: testPart, ...describe([whole], trainPart.indices) }
}

function checkSide({ shape: [, , height, width] }: ImageDataset, dir: string): void {
  if (Math.min(height, width) < MIN_SIDE) {
    throw new UsageError(`expected images of at least ${MIN_SIDE}x${MIN_SIDE} pixels, got ${height}x${width}; ${dir}`)
  }
}

/** Measures the training images, standardises all by that, and counts the classes. */
function describe(sets: ImageDataset[], trainIndices: Int32Array | undefined) {
  const measured = sets[0].statistics(trainIndices)
  const mean = measured.mean[0]
  // All pixels equal would give 0; such images teach nothing, but they are no reason to divide by it.
  const std = measured.std[0] > 0 ? measured.std[0] : 1
  let classes = 0
  for (const set of sets) {
    set.normalize({ mean, std })
    for (const label of set.labels) classes = Math.max(classes, label + 1)
  }
  const [, , height, width] = sets[0].shape
  return { classes, imageSize: [height, width] as [number, number], mean, std }
}
