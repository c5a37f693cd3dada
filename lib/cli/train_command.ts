import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { noGrad } from '../autograd/grad_mode.ts'
import { DataLoader } from '../data/data_loader.ts'
import type { Dataset } from '../data/dataset.ts'
import { saveSafetensors } from '../io/safetensors.ts'
import { backend } from '../kernels/select.ts'
import { leNet5 } from '../models/le_net5.ts'
import type { Module } from '../nn/index.ts'
import * as F from '../ops/functional.ts'
// Gives tensors their methods.
import '../ops/methods.ts'
import { CosineAnnealingLR, SGD } from '../optim/index.ts'
import { manualSeed } from '../tensor/generator.ts'
import { Progress } from '../train/progress.ts'
import { StridedError } from '../util/errors.ts'
import { parseTrainArgs, type TrainArgs, UsageError, usage } from './args.ts'
import { loadTrainData, type TrainData } from './train_data.ts'

/** Images per batch when nothing is learned from them; more would only use more memory. */
const EVAL_BATCH = 250

const MOMENTUM = 0.9

/** How well a model does: the share of right answers. */
export interface Accuracy {
  right: number
  total: number
}

/**
 * The training command: reads the command line, loads the data, trains LeNet-5, prints its test accuracy and saves it.
 *
 * @returns the exit code: 0, 1 when the loss became infinite or NaN, 2 when the command line or the files are not usable,
 * which is said in one line on stderr before any training.
 */
export async function main(argv: readonly string[]): Promise<number> {
  let args: TrainArgs | 'help'
  let data: TrainData
  try {
    args = parseTrainArgs(argv)
    if (args === 'help') {
      process.stdout.write(usage)
      return 0
    }
    checkOutput(args.out)
    const compute = backend()
    if (args.threads !== null) compute.setNumThreads(args.threads)
    data = loadTrainData(args.data, args.seed)
  } catch (error) {
    if (!(error instanceof StridedError)) throw error
    process.stderr.write(`train: ${error.message.replace(/\s+/g, ' ')}\n`)
    return 2
  }
  return train(args, data)
}

/** Finds out now, not after the training, whether the model can be written. */
function checkOutput(path: string): void {
  const folder = dirname(path)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new UsageError(`--out: cannot write into ${folder} (${(error as NodeJS.ErrnoException).code})`)
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--out: expected a file, got the folder ${path}`)
  }
}

async function train(args: TrainArgs, data: TrainData): Promise<number> {
  const { epochs, batchSize, lr, seed } = args
  const { backend: name, isa, threads } = backend().info()
  manualSeed(seed)
  const model = leNet5({ numClasses: data.classes, imageSize: data.imageSize })
  const optimizer = new SGD(model.parameters(), { lr, momentum: MOMENTUM })
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, seed })
  const scheduler = new CosineAnnealingLR(optimizer, epochs * loader.length)
  const progress = new Progress(process.stdout, { epochs, batches: loader.length })
  progress.print(`data: ${data.description}`)
  progress.print(`LeNet-5, ${name} backend (${isa}), ${threads} ${threads === 1 ? 'thread' : 'threads'}, seed ${seed}`)
  let trainLoss = Number.NaN
  let accuracy: Accuracy = { right: 0, total: 0 }
  for (let epoch = 1; epoch <= epochs; epoch++) {
    trainLoss = await trainEpoch({ model, optimizer, scheduler, loader, progress })
    if (!Number.isFinite(trainLoss)) {
      process.stderr.write(`train: the loss became ${trainLoss} in epoch ${epoch}; try a lower --lr than ${lr}\n`)
      return 1
    }
    accuracy = await evaluate(model, data.test)
    progress.print(
      `epoch ${epoch}/${epochs}  train loss ${trainLoss.toFixed(4)}  test accuracy ${percent(accuracy)}  ${Math.round(progress.speed)} images/s`,
    )
  }
  progress.print(`train loss ${trainLoss}`)
  progress.print(`test accuracy ${percent(accuracy)} (${accuracy.right} of ${accuracy.total})`)
  saveSafetensors(args.out, model.stateDict(), { metadata: metadataOf(args, data, trainLoss, accuracy) })
  progress.print(`model saved to ${args.out}`)
  return 0
}

/** What one training run works with. */
interface Run {
  model: Module
  optimizer: SGD
  scheduler: CosineAnnealingLR
  loader: DataLoader
  progress: Progress
}

/** One pass over the training images; the result is the mean loss per image, infinite or NaN as soon as a batch's is. */
async function trainEpoch({ model, optimizer, scheduler, loader, progress }: Run): Promise<number> {
  let total = 0
  let images = 0
  let batch = 0
  progress.startEpoch()
  for await (const [input, target] of loader) {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model.forward(input), target)
    loss.backward()
    optimizer.step()
    scheduler.step()
    const value = Number(loss.item())
    if (!Number.isFinite(value)) return value
    total += value * target.size
    images += target.size
    progress.step({ batch: ++batch, samples: target.size, loss: value })
  }
  return total / images
}

/** Counts the samples whose largest logit is that of their class. */
export async function evaluate(model: Module, dataset: Dataset): Promise<Accuracy> {
  let right = 0
  model.eval()
  for await (const [input, target] of new DataLoader(dataset, { batchSize: EVAL_BATCH })) {
    const answers = noGrad(() => model.forward(input).argmax(1)).toTypedArray()
    const labels = target.toTypedArray()
    for (let i = 0; i < labels.length; i++) if (answers[i] === labels[i]) right++
  }
  model.train()
  return { right, total: dataset.length }
}

function percent({ right, total }: Accuracy): string {
  return `${((100 * right) / total).toFixed(2)} %`
}

/** What someone who loads the model needs to know, and what says where it came from. */
function metadataOf(args: TrainArgs, data: TrainData, trainLoss: number, accuracy: Accuracy): Record<string, string> {
  return {
    model: 'leNet5',
    classes: String(data.classes),
    image_size: data.imageSize.join('x'),
    mean: String(data.mean),
    std: String(data.std),
    epochs: String(args.epochs),
    batch_size: String(args.batchSize),
    lr: String(args.lr),
    seed: String(args.seed),
    train_loss: String(trainLoss),
    test_accuracy: String(accuracy.right / accuracy.total),
  }
}
