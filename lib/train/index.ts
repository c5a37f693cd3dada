// The training workflow: one call that trains, measures, shows, saves and resumes.
export type { Callback, RunContext, StepInfo } from './callback.ts'
export type { RunDetails } from './details.ts'
export { type FaultyLayer, NonFiniteError, type NonFinitePlace } from './errors.ts'
export { fit } from './fit.ts'
export type { SignalMode } from './interrupt.ts'
export type { Judgement } from './judge.ts'
export type {
  Batch,
  BatchSource,
  CheckpointOptions,
  EarlyStoppingOptions,
  FitOptions,
  Loss,
  MetricScheduler,
  Scheduler,
} from './options.ts'
export { type EvaluateOptions, evaluate } from './passes.ts'
export type { Output } from './progress.ts'
export type { EpochRecord, Measures, Outcome, Run, StepCurves } from './run.ts'
export type { Verdict } from './verdict.ts'
