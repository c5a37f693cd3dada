import { hostname } from 'node:os'
import { DistributedDataParallel } from '../distributed/distributed_data_parallel.ts'
import { allGatherObject, sumNumbers } from '../distributed/objects.ts'
import { knownWorld } from '../distributed/world.ts'
import type { Module } from '../nn/module.ts'
import { RangeError } from '../util/errors.ts'
import type { StepInfo } from './callback.ts'
import type { Settings } from './options.ts'
import type { Tally, TallyState } from './passes.ts'
import type { Measures } from './run.ts'

/** Why a run may end before its time. */
export interface Halt {
  interrupted: boolean
  stopped: boolean
}

/**
 * What the ranks of a job have to agree on while they train one model: each method is to be called by all of them at the same
 * point of the run. On one rank nothing is exchanged.
 */
export class Ranks {
  readonly rank: number
  readonly size: number
  readonly #wrapper: DistributedDataParallel<never, unknown> | null
  readonly #settings: Settings

  /** @throws {RangeError} on several ranks, when the model is not wrapped or a metric cannot be merged. */
  constructor(model: Module, settings: Settings) {
    const { rank, size } = knownWorld() ?? { rank: 0, size: 1 }
    this.rank = rank
    this.size = size
    this.#settings = settings
    this.#wrapper = (model as Module<never, unknown>) instanceof DistributedDataParallel ? (model as never) : null
    if (size === 1) return
    if (this.#wrapper === null) {
      throw new RangeError(
        `fit: expected a DistributedDataParallel on ${size} ranks, got ${model.constructor.name}; without it each would train a ` +
          'model of its own',
      )
    }
    const alone = settings.metrics.find((metric) => metric.merge === undefined)
    if (alone !== undefined) {
      throw new RangeError(`fit: expected metric ${alone.name} to have merge, which joins the states of ${size} ranks`)
    }
  }

  /** Whether this is the rank that shows and saves. */
  get first(): boolean {
    return this.rank === 0
  }

  /** Samples of one step over all ranks; null where the loader does not say how large its batches are. */
  get globalBatch(): number | null {
    const { train, accumulate } = this.#settings
    const { batchSize } = train as { batchSize?: number }
    return batchSize === undefined ? null : batchSize * accumulate * this.size
  }

  /** @throws {RangeError} when ranks have different numbers of batches: one would wait for the others for ever. */
  checkBatches(): void {
    const lengths = this.gather(this.#settings.train.length)
    if (lengths.some((length) => length !== lengths[0])) {
      throw new RangeError(
        `fit: expected equally many batches on every rank, got ${lengths.join(', ')}; use a DistributedSampler`,
      )
    }
  }

  /** Which process is which rank; null on one. */
  roster(): string | null {
    if (this.size === 1) return null
    const all = allGatherObject(`process ${process.pid} on ${hostname()}`)
    return `${this.size} ranks: ${all.map((place, rank) => `${rank} is ${place}`).join(', ')}`
  }

  /** What rank 0 says. */
  fromFirst<T>(value: T): T {
    return this.size === 1 ? value : allGatherObject(value)[0]
  }

  /** Of every rank; on one rank its own. */
  gather<T>(value: T): T[] {
    return this.size === 1 ? [value] : allGatherObject(value)
  }

  /** Whether gradients of the next backward pass are averaged: not before the last of the batches that make one step. */
  average(enabled: boolean): void {
    this.#wrapper?.setSync(enabled)
  }

  /** Gives all ranks the running statistics of rank 0, so that they measure one model. */
  syncBuffers(): void {
    this.#wrapper?.syncBuffers()
  }

  /** A step as all ranks took it together. */
  whole(info: StepInfo): StepInfo {
    if (this.size === 1) return info
    const [loss, samples] = sumNumbers('fit', Float64Array.of(info.loss * info.samples, info.samples))
    return { ...info, loss: loss / samples, samples }
  }

  /** A wish of one rank is a wish of all. */
  agree({ interrupted, stopped }: Halt): Halt {
    if (this.size === 1) return { interrupted, stopped }
    const [first, second] = sumNumbers('fit', Float64Array.of(Number(interrupted), Number(stopped)))
    return { interrupted: first > 0, stopped: second > 0 }
  }

  /** What all ranks measured together. */
  measures(tally: Tally): { measures: Measures; samples: number } {
    if (this.size === 1) return { measures: tally.compute(), samples: tally.samples }
    const own = tally.stateDict()
    tally.mergeStates(allGatherObject(own))
    const result = { measures: tally.compute(), samples: tally.samples }
    tally.loadStateDict(own)
    return result
  }

  /** This rank's part of a tally that was saved by `saved.length` ranks. */
  share(tally: Tally, saved: readonly TallyState[]): void {
    tally.reset()
    if (saved.length === this.size) tally.loadStateDict(saved[this.rank])
    else if (this.first) tally.mergeStates(saved)
  }
}

/** The model inside a wrapper; the model itself where there is none. */
export function unwrapped(model: Module): Module {
  return (model as Module<never, unknown>) instanceof DistributedDataParallel
    ? (model as unknown as DistributedDataParallel).module
    : model
}
