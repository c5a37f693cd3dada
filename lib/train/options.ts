import type { Module } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkBoolean, checkChoice, checkInteger, checkNonNegative, checkOptions, describe } from '../util/check.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import type { Callback } from './callback.ts'
import type { SignalMode } from './interrupt.ts'
import { type Metric, type MetricName, resolveMetrics } from './metrics/index.ts'
import type { Output } from './progress.ts'

/** What a loader hands out: the inputs of the model, then the target of the loss. */
export type Batch = readonly Tensor[]

/**
 * Batches, once per loop: a `DataLoader`, or anything like it. Without `stateDict` a resumed run reads past what was
 * done.
 */
export interface BatchSource {
  /** Batches per loop. */
  readonly length: number
  /** The batches of a loop; goes before the other one where there are both. */
  [Symbol.asyncIterator]?(): AsyncIterator<Batch>
  /** The batches of a loop. */
  [Symbol.iterator]?(): Iterator<Batch>
  /** Where the last loop stands: plain data and tensors. */
  stateDict?(): object
  /** Has the next loop go on there. */
  loadStateDict?(state: never): void
}

/** What tells how wrong an answer is: a function or a module such as `nn.CrossEntropyLoss`; its value has one element. */
export type Loss = ((output: Tensor, target: Tensor) => Tensor) | Module<[input: Tensor, target: Tensor]>

/** A schedule of `optim`. */
export interface Scheduler {
  /** Goes on to the rates of the next epoch or step. */
  step(): void
  /** What it needs to continue later. */
  stateDict(): object
  /** Takes over what `stateDict` gave. */
  loadStateDict(state: never): void
}

/** A schedule that follows a measure, as `ReduceLROnPlateau` does. */
export interface MetricScheduler {
  /** Takes the measure of an epoch. */
  step(metric: number): void
  /** What it needs to continue later. */
  stateDict(): object
  /** Takes over what `stateDict` gave. */
  loadStateDict(state: never): void
}

/** When `fit` gives up waiting for a better epoch, and with which weights it ends. */
export interface EarlyStoppingOptions {
  /** After how many epochs in a row without improvement the run ends, 3 by default; 0 is as 1. */
  patience?: number
  /** Least change that counts as an improvement, at least 0; 0 by default. */
  minDelta?: number
  /** Whether the model ends with the weights of its best epoch, `true` by default. */
  restoreBest?: boolean
}

/** Where and when `fit` writes checkpoints: `last.ckpt`, from which a run resumes, and `best.ckpt`. */
export interface CheckpointOptions {
  /** Folder, made when it is missing. */
  dir: string
  /** Whether `best.ckpt` is written at each epoch that is the best so far, `true` by default. */
  best?: boolean
  /**
   * Steps between two writings of `last.ckpt` within an epoch, at least 1; null, the default, writes it at the end of
   * each alone.
   */
  everySteps?: number | null
}

/** What a model is trained on and how, without what a report or a dashboard adds. */
export interface FitOptions {
  /** Batches to train on. */
  train: BatchSource
  /** Batches to measure on after every epoch, none by default. */
  validation?: BatchSource | null
  /** A mean over the samples of a batch. */
  loss: Loss
  /** Whose parameters are trained. */
  optimizer: Optimizer<never> | Optimizer
  /** None by default. */
  scheduler?: Scheduler | MetricScheduler | null
  /** When the scheduler steps: behind every `epoch` (the default) or every optimizer `step`. */
  schedulerInterval?: 'epoch' | 'step'
  /** Passes over the training data. */
  epochs: number
  /** By name or as objects, measured on both kinds of data; none by default. */
  metrics?: readonly (MetricName | Metric)[]
  /** Told of the run, in this order; none by default. */
  callbacks?: readonly Callback[]
  /** For `manualSeed` before the first step; by default the generator goes on where it is. */
  seed?: number | null
  /** Batches whose gradients are added up for one step, as if they were one large batch; 1 by default. */
  accumulate?: number
  /** Largest norm of all gradients together; none by default. */
  clipGradNorm?: number | null
  /** Whether the norm of the gradients is measured at every step, `true` by default. */
  gradNorms?: boolean
  /**
   * Whether the arithmetic of steps and of validation is queued, as {@link runAsync} does, so that timers, servers and a dashboard
   * go on meanwhile; the bits are the same. `false` by default. Several ranks compute at once in either case.
   */
  async?: boolean
  /** Which measure says how good an epoch is, `loss` by default: that of the validation data where there is any. */
  monitor?: string
  /** Whether small or large is good: `min` for the loss, `max` for any other, by default. */
  mode?: 'min' | 'max'
  /** None by default. */
  earlyStopping?: EarlyStoppingOptions | null
  /** Folder or options; none by default. */
  checkpoints?: string | CheckpointOptions | null
  /**
   * `true` goes on from `last.ckpt` of the checkpoints where there is one; a path goes on from that file. The run then ends with
   * the same bits as one that was never stopped, when model, data and options are the same. `false` by default.
   */
  resume?: boolean | string
  /** Whether progress is shown on stdout, or where else; `true` by default. */
  verbose?: boolean | Output
  /**
   * What SIGINT does behind the batch at hand and a checkpoint: `raise` (the default) delivers it, which ends the process with
   * 130; `return` only ends the run; `false` leaves the signal alone.
   */
  signals?: SignalMode
}

/** {@link FitOptions} with their defaults. */
export interface Settings {
  train: BatchSource
  validation: BatchSource | null
  loss: (output: Tensor, target: Tensor) => Tensor
  optimizer: Optimizer
  scheduler: Scheduler | MetricScheduler | null
  schedulerInterval: 'epoch' | 'step'
  epochs: number
  metrics: Metric[]
  callbacks: readonly Callback[]
  seed: number | null
  accumulate: number
  clipGradNorm: number | null
  gradNorms: boolean
  async: boolean
  monitor: string
  mode: 'min' | 'max'
  earlyStopping: Required<EarlyStoppingOptions> | null
  checkpoints: Required<CheckpointOptions> | null
  resume: boolean | string
  verbose: boolean | Output
  signals: SignalMode
}

const NAMES: (keyof FitOptions)[] = [
  ...(['train', 'validation', 'loss', 'optimizer', 'scheduler', 'schedulerInterval', 'epochs', 'metrics'] as const),
  ...(['callbacks', 'seed', 'accumulate', 'clipGradNorm', 'gradNorms', 'async', 'monitor', 'mode'] as const),
  ...(['earlyStopping', 'checkpoints', 'resume', 'verbose', 'signals'] as const),
]

function checkSource(name: string, source: BatchSource): BatchSource {
  const iterable = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator]
  if (iterable === undefined || !Number.isSafeInteger(source.length)) {
    throw new DTypeError(`fit: expected ${name} to be a DataLoader or like one, got ${describe(source)}`)
  }
  if (source.length < 1) throw new RangeError(`fit: expected ${name} to have at least one batch, got ${source.length}`)
  return source
}

function checkLoss(loss: Loss): Settings['loss'] {
  if (typeof loss === 'function') return loss
  if (typeof loss?.forward === 'function') return (output, target) => loss.forward(output, target)
  throw new DTypeError(`fit: expected loss to be a function or a module, got ${describe(loss)}`)
}

function checkEarlyStopping(given: EarlyStoppingOptions | null | undefined): Settings['earlyStopping'] {
  if (given === null || given === undefined) return null
  checkOptions('fit', given, ['patience', 'minDelta', 'restoreBest'])
  return {
    patience: checkInteger('fit', 'patience', given.patience ?? 3, 0),
    minDelta: checkNonNegative('fit', 'minDelta', given.minDelta ?? 0),
    restoreBest: given.restoreBest ?? true,
  }
}

function checkCheckpoints(given: string | CheckpointOptions | null | undefined): Settings['checkpoints'] {
  if (given === null || given === undefined) return null
  const options = typeof given === 'string' ? { dir: given } : given
  checkOptions('fit', options, ['dir', 'best', 'everySteps'])
  if (typeof options.dir !== 'string' || options.dir === '') {
    throw new RangeError(`fit: expected checkpoints to name a folder, got ${describe(options.dir)}`)
  }
  const { everySteps = null } = options
  if (everySteps !== null) checkInteger('fit', 'everySteps', everySteps, 1)
  return { dir: options.dir, best: options.best ?? true, everySteps }
}

/**
 * Checks the options of `fit` and adds the defaults.
 *
 * @throws {RangeError} for an option that does not exist or is out of range.
 * @throws {DTypeError} for one of another kind.
 */
export function checkFitOptions(options: FitOptions): Settings {
  checkOptions('fit', options, NAMES)
  const { monitor = 'loss', clipGradNorm = null, resume = false, seed = null, validation = null } = options
  const metrics = resolveMetrics('fit', options.metrics ?? [])
  checkChoice('fit', 'monitor', monitor, ['loss', ...metrics.map(({ name }) => name)])
  if (typeof options.optimizer?.zeroGrad !== 'function') {
    throw new DTypeError(`fit: expected an optimizer, got ${describe(options.optimizer)}`)
  }
  const checkpoints = checkCheckpoints(options.checkpoints)
  if (resume === true && checkpoints === null) {
    throw new RangeError('fit: expected checkpoints to resume from, got none; name their folder, or pass resume a file')
  }
  return {
    train: checkSource('train', options.train),
    validation: validation === null ? null : checkSource('validation', validation),
    loss: checkLoss(options.loss),
    optimizer: options.optimizer as Optimizer,
    scheduler: options.scheduler ?? null,
    schedulerInterval: checkChoice('fit', 'schedulerInterval', options.schedulerInterval ?? 'epoch', ['epoch', 'step']),
    epochs: checkInteger('fit', 'epochs', options.epochs, 1),
    metrics,
    callbacks: options.callbacks ?? [],
    seed: seed === null ? null : checkInteger('fit', 'seed', seed, 0),
    accumulate: checkInteger('fit', 'accumulate', options.accumulate ?? 1, 1),
    clipGradNorm: clipGradNorm === null ? null : checkNonNegative('fit', 'clipGradNorm', clipGradNorm),
    gradNorms: options.gradNorms ?? true,
    async: checkBoolean('fit', 'async', options.async ?? false),
    monitor,
    mode: checkChoice('fit', 'mode', options.mode ?? (monitor === 'loss' ? 'min' : 'max'), ['min', 'max']),
    earlyStopping: checkEarlyStopping(options.earlyStopping),
    checkpoints,
    resume,
    verbose: options.verbose ?? true,
    signals: options.signals ?? 'raise',
  }
}
