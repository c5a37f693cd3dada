import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FormatError } from '../../util/errors.ts'
import { readIdxFolder } from '../idx_folder.ts'
import { ImageDataset, type ImageSetOptions } from '../image_dataset.ts'
import { type OpenOptions, openSet } from './open_set.ts'

export interface MnistOptions extends ImageSetOptions {
  /** The images to train on, or those to test on. Default true. */
  train?: boolean
}

/** The images of one role in `root`, or where torchvision puts them below it. */
function readRole(name: string, root: string, { train = true }: MnistOptions) {
  const dir = [join(root, name, 'raw'), join(root, 'raw')].find((one) => existsSync(one)) ?? root
  const role = train ? 'train' : 'test'
  const arrays = readIdxFolder(dir, role)
  if (arrays === null) {
    const file = train ? 'train-images-idx3-ubyte' : 't10k-images-idx3-ubyte'
    throw new FormatError(`${name}: expected ${file}[.gz] in the folder, got no such file; ${dir}`)
  }
  return arrays
}

/**
 * MNIST: 28×28 grey images of handwritten digits, 60,000 to train on and 10,000 to test on.
 *
 * Reads the IDX files `train-…` or `t10k-images-idx3-ubyte` and their labels, gzipped or not, in `root`, `root/raw` or
 * `root/MNIST/raw`. Images are `[N, 1, 28, 28]`.
 *
 * @param root - folder of the files.
 * @param options - `mean` and `std` of the pixels after division by 255 (defaults 0 and 1), and `transform`.
 * @throws {FormatError} when the files are missing or not what they should be.
 *
 * Source: LeCun, Cortes and Burges 1998.
 *
 * @example
 * const train = await datasets.MNIST.open({ download: true })
 * const test = new datasets.MNIST('mnist', { train: false, mean: 0.1307, std: 0.3081 })
 */
export class MNIST extends ImageDataset {
  constructor(root: string, options: MnistOptions = {}) {
    const { images, labels, shape } = readRole('MNIST', root, options)
    super(images, labels, { ...options, shape })
  }

  /** The set in the cache folder or in `root`; with `download` the official files are fetched where they are missing. */
  static open(options: MnistOptions & OpenOptions = {}): Promise<MNIST> {
    return openSet('MNIST', options, (root, rest) => new MNIST(root, rest))
  }
}

/**
 * Fashion-MNIST: clothes instead of digits, in the files and sizes of {@link MNIST}.
 *
 * Source: Xiao, Rasul and Vollgraf 2017.
 */
export class FashionMNIST extends ImageDataset {
  /** Names of the classes. */
  static readonly classes: readonly string[] = [
    ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ]

  constructor(root: string, options: MnistOptions = {}) {
    const { images, labels, shape } = readRole('FashionMNIST', root, options)
    super(images, labels, { ...options, shape })
  }

  /** The set in the cache folder or in `root`; with `download` the official files are fetched where they are missing. */
  static open(options: MnistOptions & OpenOptions = {}): Promise<FashionMNIST> {
    return openSet('FashionMNIST', options, (root, rest) => new FashionMNIST(root, rest))
  }
}

/**
 * Kuzushiji-MNIST: ten cursive Japanese characters, in the files and sizes of {@link MNIST}.
 *
 * Source: Clanuwat et al. 2018.
 */
export class KMNIST extends ImageDataset {
  /** Names of the classes. */
  static readonly classes: readonly string[] = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo']

  constructor(root: string, options: MnistOptions = {}) {
    const { images, labels, shape } = readRole('KMNIST', root, options)
    super(images, labels, { ...options, shape })
  }

  /** The set in the cache folder or in `root`; with `download` the official files are fetched where they are missing. */
  static open(options: MnistOptions & OpenOptions = {}): Promise<KMNIST> {
    return openSet('KMNIST', options, (root, rest) => new KMNIST(root, rest))
  }
}
