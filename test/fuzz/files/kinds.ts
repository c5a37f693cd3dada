import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import {
  arange,
  data,
  datasets,
  loadCheckpoint,
  loadNpy,
  loadNpz,
  loadSafetensors,
  loadSafetensorsMetadata,
  manualSeed,
  randn,
  saveCheckpoint,
  saveNpy,
  saveNpz,
  saveSafetensors,
  tensor,
} from '../../../lib/index.ts'
import { idxImages, idxLabels } from '../../data/idx_files.ts'

/** A kind of file that the library reads. */
export interface Kind {
  /** Its place in a folder of its own. */
  file: string
  /** Writes a whole one, and what has to lie beside it. */
  save(path: string): void
  /** Reads it to the end. */
  load(path: string): unknown
  /** Bytes that a whole one unpacks to, where it is packed. */
  unpacked?: number
}

const tensors = () => {
  manualSeed(3)
  return { 'layer.weight': randn([30, 41]), ids: arange(25), bytes: tensor(Uint8Array.of(1, 2, 3)), scalar: tensor(4) }
}

const state = () => ({ model: tensors(), optimizer: { lr: 0.1, steps: [1, 2, Number.NaN] }, epoch: 3, name: 'a run' })

const table = Array.from({ length: 40 }, (_, i) => `${i % 3},${i / 7},-${i}.5e-2,${i * 1000}`).join('\n')

/** Labelled images in the records of CIFAR-10. */
function records(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? (i / 3073) % 10 : (i * 31) % 256))
}

const IMAGES = idxImages(20, 9, 11)

/** Writes bytes and, for a pair of files, the other one beside them. */
const write =
  (bytes: Uint8Array | string, beside: Record<string, Uint8Array> = {}) =>
  (path: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    for (const [name, content] of Object.entries(beside)) writeFileSync(join(dirname(path), name), content)
  }

const picture = encode({ width: 13, height: 9, channels: 3, depth: 8, data: records(1).subarray(0, 13 * 9 * 3) })

/** Everything that is read from files, by name. */
export const kinds: Readonly<Record<string, Kind>> = {
  safetensors: {
    file: 'a.safetensors',
    save: (path) => saveSafetensors(path, tensors(), { metadata: { epochs: '5' } }),
    load: (path) => [loadSafetensors(path), loadSafetensorsMetadata(path)],
  },
  checkpoint: { file: 'a.ckpt', save: (path) => saveCheckpoint(path, state()), load: loadCheckpoint },
  npy: { file: 'a.npy', save: (path) => saveNpy(path, tensors()['layer.weight']), load: loadNpy },
  npz: { file: 'a.npz', save: (path) => saveNpz(path, tensors()), load: (path) => loadNpz(path) },
  'npz, packed': {
    file: 'b.npz',
    save: (path) => saveNpz(path, tensors(), { compress: true }),
    load: (path) => loadNpz(path),
    unpacked: 8000,
  },
  idx: { file: 'a.idx', save: write(IMAGES), load: (path) => data.readIdx(path) },
  'idx, packed': {
    file: 'a.idx.gz',
    save: write(gzipSync(IMAGES)),
    load: (path) => data.readIdx(path),
    unpacked: IMAGES.length,
  },
  mnist: {
    file: 'mnist/t10k-images-idx3-ubyte',
    save: write(idxImages(20, 28, 28), {
      't10k-labels-idx1-ubyte': idxLabels(Array.from({ length: 20 }, (_, i) => i % 10)),
    }),
    load: (path) => new datasets.MNIST(dirname(path), { train: false }),
  },
  cifar: {
    file: 'cifar/test_batch.bin',
    save: write(records(4)),
    load: (path) => new datasets.CIFAR10(dirname(path), { train: false }),
  },
  csv: { file: 'a.csv', save: write(`label,a,b,c\n${table}\n`), load: (path) => datasets.CSVDataset.open(path) },
  'csv, packed': {
    file: 'a.csv.gz',
    save: write(gzipSync(`label,a,b,c\n${table}\n`)),
    load: (path) => datasets.CSVDataset.open(path),
    unpacked: table.length,
  },
  png: {
    file: 'pictures/cat/a.png',
    save: write(picture),
    load: (path) => new datasets.ImageFolder(join(dirname(path), '..'), { size: 16 }).loadBatch(Int32Array.of(0)),
    unpacked: 1 << 16,
  },
}
