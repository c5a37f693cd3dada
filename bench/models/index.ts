/** A model that is timed, here and in peers/models.py under the same name. */
export interface BenchModel {
  name: string
  /** Shape of a batch, `[N, C, H, W]`. */
  input: [n: number, c: number, h: number, w: number]
  /** Name of the function of `models` that makes it. */
  create: string
  options: object
  /** Whether a peer in plain JavaScript has it. */
  tfjs: boolean
}

/** The models of the suite `models`, in the order of its table; all have 10 classes. */
export const benchModels: readonly BenchModel[] = [
  { name: 'mlp', input: [32, 1, 28, 28], create: 'mlp', options: {}, tfjs: true },
  { name: 'lenet5', input: [64, 1, 28, 28], create: 'leNet5', options: {}, tfjs: true },
  { name: 'cnn', input: [64, 1, 28, 28], create: 'cnnWithDropout', options: {}, tfjs: false },
  {
    name: 'bnlenet',
    input: [128, 3, 32, 32],
    create: 'bnLeNetResBlock',
    options: { inChannels: 3, imageSize: 32 },
    tfjs: false,
  },
  {
    name: 'separable',
    input: [64, 3, 32, 32],
    create: 'mobileNetV1',
    options: { inChannels: 3, imageSize: 32, stem: 'cifar', numClasses: 10 },
    tfjs: false,
  },
  {
    name: 'resnet18',
    input: [32, 3, 32, 32],
    create: 'resNet18',
    options: { inChannels: 3, imageSize: 32, stem: 'cifar', numClasses: 10 },
    tfjs: false,
  },
]

/** Problem string of a model's batch, as in `n64c1h28w28`. */
export function batchString({ input: [n, c, h, w] }: BenchModel): string {
  return `n${n}c${c}h${h}w${w}`
}
