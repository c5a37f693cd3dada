import type { Module } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { EpochRecord, Run } from './run.ts'

/** What a callback may look at, and how it ends the run. */
export interface RunContext {
  /** The model that is trained. */
  readonly model: Module
  /** The optimizer that trains it. */
  readonly optimizer: Optimizer
  /** The story so far. */
  readonly run: Run
  /** Ends the run behind the step or epoch at hand. */
  stop(): void
}

/** An optimizer step that was taken. */
export interface StepInfo {
  /** From 1. */
  epoch: number
  /** Since the beginning of the run, from 1. */
  step: number
  /** Batches of this epoch that were used so far. */
  batch: number
  /** Batches of an epoch. */
  batches: number
  /** Samples of the step. */
  samples: number
  /** Over the samples of the step. */
  loss: number
  /** Of the first parameter group, in this step. */
  lr: number
  /** Norm of the gradients before clipping; null where it is not measured. */
  gradNorm: number | null
}

/**
 * Something that is told of a run; every method may be left out and may be asynchronous. Between calls the model is put into
 * the mode that training needs, whatever a callback did to it.
 */
export interface Callback {
  /** Before the first step, of a resumed run too. */
  onRunStart?(context: RunContext): void | Promise<void>
  /** Behind every optimizer step. */
  onStep?(info: StepInfo, context: RunContext): void | Promise<void>
  /** Behind every epoch, its validation included. */
  onEpochEnd?(record: EpochRecord, context: RunContext): void | Promise<void>
  /** However the run ended, unless by an error. */
  onRunEnd?(context: RunContext): void | Promise<void>
  /** What the callback needs to continue in a resumed run: plain data and tensors. */
  stateDict?(): object
  /** Takes over what {@link stateDict} gave. */
  loadStateDict?(state: never): void
}
