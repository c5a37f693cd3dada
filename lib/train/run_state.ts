import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadCheckpoint, saveCheckpoint } from '../io/checkpoint.ts'
import type { Module } from '../nn/module.ts'
import type { StateDict } from '../nn/state_dict.ts'
import type { OptimizerState } from '../optim/optimizer.ts'
import { type GeneratorState, getGeneratorState, setGeneratorState } from '../tensor/generator.ts'
import { FormatError } from '../util/errors.ts'
import type { BestState } from './best.ts'
import type { CheckpointOptions, Settings } from './options.ts'
import type { TallyState } from './passes.ts'
import type { Ranks } from './ranks.ts'
import type { Measures, Run } from './run.ts'

/** Where a run stands; plain JSON. */
export interface Position {
  /** From 1. */
  epoch: number
  /** Optimizer steps since the beginning. */
  step: number
  /** Batches of the epoch that were used. */
  batch: number
  /** Sum of the norms of this epoch's gradients, and of how many steps. */
  gradNorms: [sum: number, steps: number]
  /** Seconds of this epoch that went into training. */
  seconds: number
  /** What training measured, once that is over and validation comes; null before. */
  trained: Measures | null
}

/** What a checkpoint of a run holds beside the states of the things it works with. */
export interface Progressed {
  position: Position
  tally: TallyState
  best: BestState | null
  run: Run
  /** Weights of the best epoch, where they are to be restored. */
  bestModel: StateDict | null
  /** What each rank has of its own; absent in checkpoints of one process. */
  perRank?: { generator: GeneratorState; tally: TallyState }[]
}

/** Of the checkpoint, and for the person who has to do something about it. */
export const checkpointPath = ({ dir }: Pick<CheckpointOptions, 'dir'>, which: 'last' | 'best'): string =>
  join(dir, `${which}.ckpt`)

/** Makes the folder now, not after the first epoch. */
export function prepareFolder({ dir }: CheckpointOptions): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch (error) {
    throw new FormatError(
      `fit: cannot make the folder of checkpoints (${(error as NodeJS.ErrnoException).code}); ${dir}`,
    )
  }
}

/** Writes everything that a run needs to continue. */
export function saveRun(path: string, model: Module, settings: Settings, progressed: Progressed): void {
  const { optimizer, scheduler, train, validation, callbacks } = settings
  saveCheckpoint(path, {
    ...progressed,
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: scheduler?.stateDict() ?? null,
    generator: getGeneratorState(),
    loader: train.stateDict?.() ?? null,
    validationLoader: validation?.stateDict?.() ?? null,
    callbacks: callbacks.map((callback) => callback.stateDict?.() ?? null),
  })
}

/** The file that `resume` asks to go on from; null when there is none yet. */
export function resumePath({ resume, checkpoints }: Settings): string | null {
  if (typeof resume === 'string') return resume
  if (!resume || checkpoints === null) return null
  const path = checkpointPath(checkpoints, 'last')
  return existsSync(path) ? path : null
}

/**
 * Puts model, optimizer, scheduler, loaders, callbacks and generator where {@link saveRun} found them.
 *
 * @throws {FormatError} when the file is damaged or belongs to another run.
 */
export function restoreRun(path: string, model: Module, settings: Settings, ranks: Ranks): Progressed {
  const saved = loadCheckpoint(path)
  const { position, run } = saved as unknown as Progressed
  if (position === undefined || run?.batches === undefined) {
    throw new FormatError(`fit: expected a checkpoint of fit to resume from, got one of something else; ${path}`)
  }
  const { optimizer, scheduler, train, validation, callbacks } = settings
  const place = (what: string, fits: boolean, expected: unknown, got: unknown): void => {
    if (!fits) throw new FormatError(`fit: cannot resume: expected ${what} ${expected}, got ${got}; ${path}`)
  }
  const name = optimizer.constructor.name
  place('the optimizer', run.optimizer.name === name, run.optimizer.name, name)
  const { size } = ranks
  const sameRanks = (run.ranks?.size ?? 1) === size
  // On another number of ranks an epoch has another number of batches.
  const fits = !sameRanks || run.batches.train === train.length
  place('batches per epoch:', fits, run.batches.train, train.length)
  place(
    'a scheduler:',
    (saved.scheduler === null) === (scheduler === null),
    saved.scheduler !== null,
    scheduler !== null,
  )
  model.loadStateDict(saved.model as StateDict)
  optimizer.loadStateDict(saved.optimizer as OptimizerState)
  scheduler?.loadStateDict(saved.scheduler as never)
  if (!sameRanks) {
    // As much of the epoch is over as was before, to the last whole batch.
    position.batch = Math.floor((position.batch * train.length) / run.batches.train)
    const loader = saved.loader as { batch?: number } | null
    if (loader?.batch !== undefined) loader.batch = Math.floor((loader.batch * train.length) / run.batches.train)
  }
  if (saved.loader !== null) train.loadStateDict?.(saved.loader as never)
  if (saved.validationLoader !== null) validation?.loadStateDict?.(saved.validationLoader as never)
  const states = saved.callbacks as (object | null)[]
  callbacks.forEach((callback, i) => {
    if (states[i] != null) callback.loadStateDict?.(states[i] as never)
  })
  const { perRank } = saved as unknown as Progressed
  if (perRank?.length === size) setGeneratorState(perRank[ranks.rank].generator)
  else {
    const { seed, offset } = saved.generator as GeneratorState
    setGeneratorState({ seed: seed + ranks.rank, offset })
  }
  return saved as unknown as Progressed
}
