import type { RemoteFile } from './fetch_file.ts'

/** The files of a data set as its publisher offers them. */
export interface OfficialFiles {
  /** To be fetched, by the names that the library reads. */
  files: Readonly<Record<string, RemoteFile>>
  /** What is to be taken out of an archive, a gzipped tar: path to size in bytes, by the archive's name among `files`. */
  archives?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const md5 = (digest: string): RemoteFile['checksum'] => ({ algorithm: 'md5', digest })

/** The four files that MNIST and its relatives have, from the same mirrors. */
function idxFiles(mirrors: readonly string[], digests: Readonly<Record<string, string>>): OfficialFiles {
  const entries = Object.entries(digests).map(([stem, digest]) => {
    const name = `${stem}-ubyte.gz`
    return [name, { urls: mirrors.map((mirror) => `${mirror}${name}`), checksum: md5(digest) }]
  })
  return { files: Object.fromEntries(entries) }
}

function cifarArchive(name: string, digest: string, members: Readonly<Record<string, number>>): OfficialFiles {
  const mirrors = ['https://www.cs.toronto.edu/~kriz/', 'https://cave.cs.toronto.edu/kriz/']
  const urls = mirrors.map((mirror) => `${mirror}${name}`)
  return { files: { [name]: { urls, checksum: md5(digest) } }, archives: { [name]: members } }
}

/** Of 10,000 records of a label and 3,072 pixels. */
const CIFAR10_FILE = 10_000 * 3073
const CIFAR100_RECORD = 3074

/** Where the data sets come from. Checksums are those of the publishers, or where they give none those of torchvision. */
export const official = {
  MNIST: idxFiles(
    ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    {
      'train-images-idx3': 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'train-labels-idx1': 'd53e105ee54ea40749a09fcbcd1e9432',
      't10k-images-idx3': '9fb629c4189551a2d022fa330f9573f3',
      't10k-labels-idx1': 'ec29112dd5afa0611ce80d1b7f02629c',
    },
  ),
  FashionMNIST: idxFiles(
    [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      // Speaks no HTTPS; the checksum vouches for what it sends.
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    {
      'train-images-idx3': '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      'train-labels-idx1': '25c81989df183df01b3e8a0aad5dffbe',
      't10k-images-idx3': 'bef4ecab320f06d8554ea6380940ec79',
      't10k-labels-idx1': 'bb300cfdad3c16e7a12a480ee83cd310',
    },
  ),
  KMNIST: idxFiles(
    ['https://codh.rois.ac.jp/kmnist/dataset/kmnist/', 'http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    {
      'train-images-idx3': 'bdb82020997e1d708af4cf47b453dcf7',
      'train-labels-idx1': 'e144d726b3acfaa3e44228e80efcd344',
      't10k-images-idx3': '5c965bf0a639b31b8f53240b1b52f4d7',
      't10k-labels-idx1': '7320c461ea6c1c855c0b718fb2a4b134',
    },
  ),
  CIFAR10: cifarArchive('cifar-10-binary.tar.gz', 'c32a1d4ab5d03f1284b67883e8d87530', {
    ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`cifar-10-batches-bin/data_batch_${i}.bin`, CIFAR10_FILE])),
    'cifar-10-batches-bin/test_batch.bin': CIFAR10_FILE,
  }),
  CIFAR100: cifarArchive('cifar-100-binary.tar.gz', '03b5dce01913d631647c71ecec9e9cb8', {
    'cifar-100-binary/train.bin': 50_000 * CIFAR100_RECORD,
    'cifar-100-binary/test.bin': 10_000 * CIFAR100_RECORD,
  }),
} as const satisfies Record<string, OfficialFiles>
