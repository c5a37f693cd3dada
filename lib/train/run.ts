import type { RunDetails } from './details.ts'
import type { MetricValue } from './metrics/index.ts'
import type { Verdict } from './verdict.ts'

/** Loss and metrics over one pass. */
export interface Measures {
  /** Mean per sample. */
  loss: number
  /** By the metrics' names. */
  metrics: Record<string, MetricValue>
}

/** What is known of an epoch once it is over. */
export interface EpochRecord {
  /** From 1. */
  epoch: number
  /** Optimizer steps since the beginning of the run. */
  step: number
  /** In training mode, while the weights changed. */
  train: Measures
  /** In evaluation mode, with the weights at the end of the epoch; null without validation data. */
  validation: Measures | null
  /** Learning rate of each parameter group at the epoch's last step. */
  lr: number[]
  /** Mean norm of the gradients before clipping; null where it was not measured. */
  gradNorm: number | null
  /** Whether this is the best epoch so far. */
  improved: boolean
  /** Seconds spent in training, without validation. */
  seconds: number
  /** Samples trained on per second. */
  samplesPerSecond: number
  /** Bytes that tensors held at the epoch's end. */
  memory: number
}

/** One number for each optimizer step. */
export interface StepCurves {
  /** Over the samples of the step. */
  loss: number[]
  /** Of the first parameter group. */
  lr: number[]
  /** Norm of all gradients before clipping; empty where it was not measured. */
  gradNorm: number[]
}

/** How a run ended: all epochs done, early stopping, a callback's wish, SIGINT; `running` in checkpoints on the way. */
export type Outcome = 'running' | 'finished' | 'early' | 'stopped' | 'interrupted'

/**
 * The story of a training run as plain data: `JSON.stringify(run)` keeps all of it for a report or a comparison (numbers that are
 * not finite become null there, as JSON has none).
 */
export interface Run {
  /** Counts up when the meaning of a field changes. */
  version: 1
  /** When the run began, ISO 8601. */
  started: string
  /** The model's class, its size, and how it prints. */
  model: { name: string; parameters: number; trainable: number; text: string }
  /** The optimizer's class and the settings that each of its groups began with. */
  optimizer: { name: string; groups: Record<string, unknown>[] }
  /** Shape of an input of the first batch; null before it. */
  inputShape: number[] | null
  /** Batches per epoch, and those of the validation data. */
  batches: { train: number; validation: number | null }
  /** Processes that train together, and the samples of one step over all of them, null where the loader does not say. */
  ranks?: { size: number; globalBatch: number | null }
  /** What `manualSeed` was called with; null when the run took the generator as it was. */
  seed: number | null
  /** How many epochs were asked for. */
  epochs: number
  /** The measure that decides which epoch is best, and whether a small or a large value is good. */
  monitor: { name: string; mode: 'min' | 'max' }
  /** The epochs that are over, in their order. */
  history: EpochRecord[]
  /** The curves over all steps. */
  steps: StepCurves
  /** The best epoch and its value of the monitored measure. */
  best: { epoch: number; value: number } | null
  /** How it ended; `running` before that. */
  outcome: Outcome
  /** Seconds over all epochs, validation and checkpoints included, without those between a stop and a resumption. */
  seconds: number
  /** What the curves say; null before the end. */
  verdict: Verdict | null
  /** What a report shows beside curves, where something gathered it. */
  details?: RunDetails
}
