import { FormatError } from '../../util/errors.ts'
import type { BatchContext } from '../dataset.ts'
import { Generator } from '../generator.ts'

/** A place in a run. */
export interface Position {
  /** The epoch that the last loop ran, or the next one when it came to its end. */
  epoch: number
  /** Batches of that epoch already handed out. */
  batch: number
}

/** Where a loader stands: what `stateDict` returns, plain JSON. */
export interface LoaderState extends Position {
  /** Decides orders and augmentations. */
  seed: number
}

/**
 * Checks what was saved by `stateDict`.
 *
 * @throws {FormatError} when it is no object of three non-negative safe integers.
 */
export function checkLoaderState(state: LoaderState): LoaderState {
  const { seed, epoch, batch } = state ?? {}
  for (const value of [seed, epoch, batch]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new FormatError(
        `DataLoader: expected a state { seed, epoch, batch } of non-negative integers, got ${JSON.stringify(state)}`,
      )
    }
  }
  return { seed, epoch, batch }
}

/** The stream that decides the order of an epoch. */
export const orderGenerator = (seed: number, epoch: number): Generator => new Generator(seed).fork(epoch)

/** What a data set gets to know about the batch whose samples are number `start`, `start + step`, … of the epoch. */
export function batchContext(seed: number, epoch: number, start: number, step = 1): BatchContext {
  const generator = orderGenerator(seed, epoch)
  return { generator: (i) => generator.fork(start + i * step) }
}

/** Streams for whole batches lie behind those for samples: no epoch has 2⁴⁰ samples. */
const BATCH_STREAMS = 2 ** 40

/** The stream of a batch as a whole, for transforms that mix its samples. */
export function batchGenerator(seed: number, epoch: number, batch: number): Generator {
  return orderGenerator(seed, epoch).fork(BATCH_STREAMS + batch)
}
