import { join } from 'node:path'
import { CIFAR10, CIFAR100, CSVDataset, ImageFolder } from '../data/datasets/index.ts'
import { randomSplit } from '../data/random_split.ts'
import { Subset } from '../data/subset.ts'
import { FormatError } from '../util/errors.ts'
import { UsageError } from './args.ts'
import { augmentationOf, type DataOptions, describe, type TrainData } from './data_options.ts'

/** CIFAR-10 or CIFAR-100 in its binary version. */
export function loadCifar(dir: string, classes: 10 | 100, options: DataOptions): TrainData {
  const Cifar = classes === 10 ? CIFAR10 : CIFAR100
  const [train, test] = [new Cifar(dir), new Cifar(dir, { train: false })]
  const description = `${dir}, CIFAR-${classes}, ${train.length} images to train and ${test.length} to test`
  const names = classes === 10 ? CIFAR10.classes : null
  return { description, ...describe([train, test], train, test, options), classes, classNames: names }
}

/** A table of numbers, split 80/20. */
export async function loadTable(path: string, seed: number, options: DataOptions): Promise<TrainData> {
  const { label, header, scale } = options
  const column = label === null ? 0 : /^-?\d+$/.test(label) ? Number(label) : label
  const whole = await CSVDataset.open(path, { label: column, header, scale })
  if (whole.length < 5) throw new UsageError(`expected at least 5 rows to split, got ${whole.length}; ${path}`)
  const [train, test] = randomSplit(whole, [0.8, 0.2], { seed })
  const classes = whole.labels.reduce((most, one) => Math.max(most, one + 1), 0)
  return {
    description: `${path}, split into ${train.length} rows to train and ${test.length} to test`,
    ...{ train, test, classes, channels: 1, imageSize: [1, whole.tensors[0].shape[1]], mean: 0, std: 1 },
    classNames: whole.classes.length > 0 ? whole.classes : null,
  }
}

/** Of the photographs of ImageNet, which is what images in folders mostly are like. */
const PHOTOGRAPHS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Images in a folder for each class; or such folders below `train` and `test` (or `val`). */
export async function loadImageFolder(
  dir: string,
  folders: readonly string[],
  seed: number,
  options: DataOptions,
): Promise<TrainData> {
  const settings = { ...PHOTOGRAPHS, ...(options.imageSize !== null && { size: options.imageSize }) }
  const test = ['test', 'val', 'valid', 'validation'].find((name) => folders.includes(name))
  const apart = folders.includes('train') && test !== undefined
  const whole = new ImageFolder(apart ? join(dir, 'train') : dir, settings)
  const [first] = await whole.loadBatch(Int32Array.of(0))
  const [, channels, height, width] = first.shape
  const augmentation = augmentationOf(options, [height, width])
  const sized = { ...settings, size: [height, width] }
  const shown = new ImageFolder(whole.root, { ...sized, ...(augmentation !== null && { transform: augmentation }) })
  const shape = { classes: whole.classes.length, classNames: whole.classes, channels, ...PHOTOGRAPHS }
  const common = { ...shape, imageSize: [height, width] as [number, number] }
  if (apart) {
    const other = new ImageFolder(join(dir, test), sized)
    if (other.classes.join() !== whole.classes.join()) {
      throw new FormatError(`expected the same classes in train and ${test}, got others; ${dir}`)
    }
    const description = `${dir}, ${shown.length} images to train and ${other.length} to test`
    return { description, train: shown, test: other, ...common }
  }
  const [trainPart, testPart] = randomSplit(whole, [0.8, 0.2], { seed })
  const description = `${dir}, split into ${trainPart.length} images to train and ${testPart.length} to test`
  return {
    description,
    train: new Subset(shown, trainPart.indices),
    test: new Subset(new ImageFolder(whole.root, sized), testPart.indices),
    ...common,
  }
}
