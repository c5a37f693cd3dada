import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { data, functional as F, type FitOptions, manualSeed, nn, optim } from '../../lib/index.ts'

const cifar = new URL('../../../shared/data/cifar10/data_batch_1.bin.gz', import.meta.url)

/** Whether real photographs are at hand. */
export const hasCifar = existsSync(cifar)

const CIFAR_NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

/** The first photographs of CIFAR-10 from `begin` on; each is a label and 3 × 32 × 32 bytes. */
function photographs(begin: number, count: number): data.ImageDataset {
  const raw = gunzipSync(readFileSync(cifar)).subarray(begin * 3073, (begin + count) * 3073)
  const pixels = new Uint8Array(count * 3072)
  const labels = new Int32Array(count)
  for (let n = 0; n < count; n++) {
    labels[n] = raw[n * 3073]
    pixels.set(raw.subarray(n * 3073 + 1, (n + 1) * 3073), n * 3072)
  }
  return new data.ImageDataset(pixels, labels, { shape: [count, 3, 32, 32], mean: 0.47, std: 0.25 })
}

const digits = (size: number, train: boolean): data.SyntheticDigits =>
  new data.SyntheticDigits({ size, train, mean: 0.1, std: 0.3 })

/** A small network for images, and what `fit` needs to train it for two epochs; the same every time. */
export function imageProblem(kind: 'digits' | 'photographs', options: Partial<FitOptions> = {}) {
  manualSeed(3)
  const channels = kind === 'digits' ? 1 : 3
  const model = new nn.Sequential(
    new nn.Conv2d(channels, 8, 5, { padding: 2, stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.Conv2d(8, 12, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(4),
    new nn.Flatten(),
    new nn.Linear(192, 10),
  )
  const [trainSet, testSet] =
    kind === 'digits' ? [digits(320, true), digits(120, false)] : [photographs(0, 320), photographs(320, 120)]
  const train = new data.DataLoader(trainSet, { batchSize: 32, shuffle: true, seed: 5 })
  const validation = new data.DataLoader(testSet, { batchSize: 50 })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 1e-3 })
  const moments = kind === 'digits' ? { mean: 0.1, std: 0.3 } : { mean: 0.47, std: 0.25, classNames: CIFAR_NAMES }
  const settings: FitOptions = {
    ...{ train, validation, optimizer, loss: F.crossEntropy, epochs: 2, seed: 7, verbose: false },
    ...{ metrics: ['accuracy', 'confusionMatrix'], signals: false as const },
    ...options,
  }
  return { model, optimizer, settings, moments, train, validation }
}
