import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DataLoader } from '../data/data_loader.ts'
import { saveSafetensors } from '../io/safetensors.ts'
import { backend } from '../kernels/select.ts'
import type { Module } from '../nn/index.ts'
import { crossEntropy } from '../ops/cross_entropy.ts'
// Gives tensors their methods.
import '../ops/methods.ts'
import { type DashboardOptions, fit, report } from '../report/index.ts'
import { manualSeed } from '../tensor/generator.ts'
import { type Callback, NonFiniteError, type Run } from '../train/index.ts'
import { formatDuration, Progress } from '../train/progress.ts'
import { StridedError } from '../util/errors.ts'
import { type Command, UsageError } from './args.ts'
import type { TrainData } from './data_options.ts'
import { describeNetwork, makeNetwork } from './networks.ts'
import { makeOptimizer, makeSchedule } from './optimization.ts'
import type { ModelShape } from './recipe.ts'
import { parseTrainArgs, type TrainArgs, trainHelp, usage } from './train_args.ts'
import { loadTrainData } from './train_data.ts'

/** Samples per batch when nothing is learned from them; more would only use more memory. */
const EVAL_BATCH = 250

/** What a shell says of a process that Ctrl-C has ended. */
const INTERRUPTED = 130

/**
 * The training command: reads the command line, loads the data, trains, prints the accuracy on test data and saves the model.
 *
 * @returns the exit code: 0; 1 when the loss became infinite or NaN; 2 when the command line or the files are not usable, which is
 * said in one line on stderr before any training; 130 when Ctrl-C ended it.
 */
export async function main(argv: readonly string[]): Promise<number> {
  let args: TrainArgs | 'help'
  let data: TrainData
  let model: Module
  try {
    args = await parseTrainArgs(argv)
    if (args === 'help') {
      process.stdout.write(usage)
      return 0
    }
    checkOutput('--out', args.out)
    if (args.report !== null) checkOutput('--report', args.report)
    const compute = backend()
    if (args.threads !== null) compute.setNumThreads(args.threads)
    data = await loadData(args)
    manualSeed(args.seed)
    model = makeModel(args, data)
  } catch (error) {
    if (!(error instanceof StridedError)) throw error
    process.stderr.write(`train: ${error.message.replace(/\s+/g, ' ')}\n`)
    return 2
  }
  return train(args, data, model)
}

export const trainCommand: Command = { ...trainHelp, run: main }

/** Finds out now, not after the training, whether a file can be written. */
function checkOutput(option: string, path: string): void {
  const folder = dirname(path)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new UsageError(`${option}: cannot write into ${folder} (${(error as NodeJS.ErrnoException).code})`)
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`${option}: expected a file, got the folder ${path}`)
  }
}

function loadData({ functions, data, seed, noHeader, ...options }: TrainArgs): TrainData | Promise<TrainData> {
  return functions.data?.({ seed }) ?? loadTrainData(data, seed, { ...options, header: !noHeader })
}

const shapeOf = ({ channels, classes, imageSize }: TrainData): ModelShape => ({
  inChannels: channels,
  numClasses: classes,
  imageSize,
})

function makeModel({ functions, model: name, modelOptions, dropout }: TrainArgs, data: TrainData): Module {
  const model = functions.model?.(shapeOf(data)) ?? makeNetwork(name, shapeOf(data), modelOptions)
  if (dropout === null) return model
  const dropouts = [...model.modules()].filter(({ constructor }) => /^\w*Dropout\d?d?$/.test(constructor.name))
  if (dropouts.length === 0) throw new UsageError(`--dropout: expected a network with dropout, got ${name}`)
  for (const one of dropouts) Object.assign(one, { p: dropout })
  return model
}

/** Shows a run as this command does: test data instead of validation data. */
function display(progress: Progress | null, epochs: number): Callback {
  let running = 0
  return {
    onStep({ epoch, batch, samples, loss }) {
      if (epoch !== running) progress?.startEpoch(epoch, batch - 1)
      running = epoch
      progress?.step({ batch, samples, loss })
    },
    onEpochEnd({ epoch, train, validation, samplesPerSecond }) {
      progress?.print(
        `epoch ${epoch}/${epochs}  train loss ${train.loss.toFixed(4)}  test accuracy ` +
          `${percent(validation?.metrics.accuracy as number)}  ${Math.round(samplesPerSecond)} images/s`,
      )
    },
  }
}

async function train(args: TrainArgs, data: TrainData, model: Module): Promise<number> {
  const { epochs, batchSize, seed, json, quiet, workers } = args
  const { backend: name, isa, threads } = backend().info()
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, seed, ...(workers > 0 && { workers }) })
  const progress = json || quiet ? null : new Progress(process.stdout, { epochs, batches: loader.length })
  progress?.print(`data: ${data.description}`)
  const title = args.functions.model === undefined ? (args.model === 'leNet5' ? 'LeNet-5' : args.model) : 'own network'
  progress?.print(
    `${title}, ${name} backend (${isa}), ${threads} ${threads === 1 ? 'thread' : 'threads'}, seed ${seed}`,
  )
  try {
    const run = await runOf(args, data, model, loader, progress)
    if (args.report !== null) report(run, args.report)
    if (run.outcome !== 'interrupted') return conclude(args, data, model, run, progress)
    progress?.clear()
    const hint = args.checkpoints === null ? 'nothing is saved, for want of --checkpoints' : 'go on with --resume'
    process.stderr.write(`train: interrupted in epoch ${run.history.length + 1}; ${hint}\n`)
    return INTERRUPTED
  } catch (error) {
    if (!(error instanceof StridedError)) throw error
    progress?.clear()
    const advice = error instanceof NonFiniteError ? `; try a lower --lr than ${args.lr}` : ''
    process.stderr.write(`train: ${error.message.replace(/^fit: /, '').replace(/\s+/g, ' ')}${advice}\n`)
    return error instanceof NonFiniteError ? 1 : 2
  }
}

/** The page that is asked for, and who says where it is: stdout where it shows progress, else stderr. */
function dashboardOf({ dashboard, dashboardPort }: TrainArgs, progress: Progress | null): false | DashboardOptions {
  if (!dashboard) return false
  const onListen = (url: string): void => {
    if (progress !== null) progress.print(`dashboard: ${url}`)
    else process.stderr.write(`dashboard: ${url}\n`)
  }
  return { port: dashboardPort ?? 0, onListen }
}

function runOf(
  args: TrainArgs,
  data: TrainData,
  model: Module,
  loader: DataLoader,
  progress: Progress | null,
): Promise<Run> {
  const { labelSmoothing, checkpoints, everySteps, patience, minDelta } = args
  const optimizer = makeOptimizer(model, args)
  const { mean, std, classNames } = data
  const { scheduler, interval } = makeSchedule(optimizer, args, loader.length)
  return fit(model, {
    train: loader,
    validation: new DataLoader(data.test, { batchSize: EVAL_BATCH }),
    // Smoothing belongs to training; what is measured on test data should compare with other runs.
    loss: (output, target) => crossEntropy(output, target, { labelSmoothing: model.training ? labelSmoothing : 0 }),
    optimizer,
    scheduler,
    schedulerInterval: interval,
    epochs: args.epochs,
    seed: args.seed,
    metrics: ['accuracy'],
    callbacks: [display(progress, args.epochs)],
    details: (args.report !== null || args.dashboard) && { mean, std, classNames },
    dashboard: dashboardOf(args, progress),
    accumulate: args.accumulate,
    clipGradNorm: args.clip,
    monitor: args.monitor,
    earlyStopping: patience === null ? null : { patience, minDelta },
    checkpoints: checkpoints === null ? null : { dir: checkpoints, everySteps },
    resume: args.resume,
    verbose: false,
    signals: 'return',
  })
}

function conclude(args: TrainArgs, data: TrainData, model: Module, run: Run, progress: Progress | null): number {
  // With --patience the model has the weights of its best epoch.
  const epoch = run.history[(args.patience === null ? run.history.length : (run.best?.epoch ?? 1)) - 1]
  const accuracy = epoch.validation?.metrics.accuracy as number
  const right = Math.round(accuracy * data.test.length)
  const results = { train_loss: String(epoch.train.loss), test_accuracy: String(accuracy) }
  saveSafetensors(args.out, model.stateDict(), { metadata: { ...metadataOf(args, data), ...results } })
  if (args.json) {
    process.stdout.write(
      `${JSON.stringify({ ...run, details: undefined, model: { ...run.model, file: args.out }, accuracy, loss: epoch.validation?.loss })}\n`,
    )
    return 0
  }
  if (run.outcome === 'early') progress?.print(`stopped early; epoch ${epoch.epoch} was the best`)
  if (args.epochs > 2 && run.verdict !== null) progress?.print(run.verdict.text)
  progress?.print(`${formatDuration(1000 * run.seconds)} in all`)
  const print = (text: string): boolean => process.stdout.write(`${text}\n`)
  print(`train loss ${epoch.train.loss}`)
  print(`test accuracy ${percent(accuracy)} (${right} of ${data.test.length})`)
  if (args.report !== null) print(`report written to ${args.report}`)
  print(`model saved to ${args.out}`)
  return 0
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

/** What someone who loads the model needs to know, and what says where it came from. */
function metadataOf(args: TrainArgs, data: TrainData): Record<string, string> {
  return {
    ...describeNetwork(args.functions.model === undefined ? args.model : 'recipe', shapeOf(data), args.modelOptions),
    mean: String(data.mean),
    std: String(data.std),
    ...(args.scale !== 1 && { scale: String(args.scale) }),
    ...(data.classNames && { class_names: JSON.stringify(data.classNames) }),
    epochs: String(args.epochs),
    batch_size: String(args.batchSize),
    lr: String(args.lr),
    seed: String(args.seed),
  }
}
