import type { Dataset } from '../data/dataset.ts'
import type { ImageDataset } from '../data/image_dataset.ts'
import { Subset } from '../data/subset.ts'
import * as transforms from '../data/transforms/index.ts'

/** What the training command trains and tests on. */
export interface TrainData {
  /** One line for the person at the keyboard. */
  description: string
  train: Dataset
  test: Dataset
  classes: number
  /** Null where nobody named them. */
  classNames?: readonly string[] | null
  channels: number
  /** `[height, width]`; `[1, features]` for rows of numbers. */
  imageSize: [number, number]
  /** Of the training pixels over 255, for each channel; inputs are `(pixel / 255 − mean) / std`. */
  mean: number | readonly number[]
  std: number | readonly number[]
  /** Standardises all images by other numbers from now on; absent where they are fixed. */
  normalize?(moments: { mean: readonly number[]; std: readonly number[] }): void
}

/** What is done to the data beside loading it. */
export interface DataOptions {
  /** Padding of random crops, 0 for none. */
  crop: number
  /** Whether images are mirrored at random. */
  flip: boolean
  /** Column of a CSV file that holds the classes, by name or number; null for the first. */
  label: string | null
  /** Whether a CSV file begins with the names of its columns. */
  header: boolean
  /** What the numbers of a CSV file are divided by. */
  scale: number
  /** Height and width that images of a folder get; null for their own. */
  imageSize: number | null
}

/** Data as they are. */
export const plainData: DataOptions = { crop: 0, flip: false, label: null, header: true, scale: 1, imageSize: null }

/** The augmentation that is asked for; null for none. */
export function augmentationOf(
  { crop, flip }: DataOptions,
  size: readonly [number, number],
): transforms.Transform | null {
  const list = [
    ...(crop > 0 ? [transforms.randomCrop([...size], { padding: crop })] : []),
    ...(flip ? [transforms.randomHorizontalFlip()] : []),
  ]
  return list.length === 0 ? null : transforms.compose(list)
}

/** Measures the training images, standardises all by that, augments those to train on, and counts the classes. */
export function describe(
  sets: ImageDataset[],
  train: ImageDataset | Subset,
  test: Dataset,
  options: DataOptions,
): Omit<TrainData, 'description'> {
  const { mean, std: measured } = sets[0].statistics(train instanceof Subset ? train.indices : undefined)
  // All pixels equal would give 0; such images teach nothing, but they are no reason to divide by it.
  const std = measured.map((one) => (one > 0 ? one : 1))
  const normalize: TrainData['normalize'] = (moments) => {
    for (const set of sets) set.normalize(moments)
  }
  normalize({ mean, std })
  const classes = sets.reduce((most, { labels }) => labels.reduce((top, label) => Math.max(top, label + 1), most), 0)
  const [, channels, height, width] = sets[0].shape
  const augmentation = augmentationOf(options, [height, width])
  const augmented = augmentation === null ? null : sets[0].withTransform(augmentation)
  const shown = augmented === null ? train : train instanceof Subset ? new Subset(augmented, train.indices) : augmented
  const moments = channels === 1 ? { mean: mean[0], std: std[0] } : { mean, std }
  return { train: shown, test, classes, channels, imageSize: [height, width], ...moments, normalize }
}
