import { setImmediate } from 'node:timers/promises'
import { nextSeed } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import type { BatchContext, Dataset, LabelledBatch } from './dataset.ts'
import { batchContext, checkLoaderState, type LoaderState, orderGenerator, type Position } from './loader/position.ts'
import { RandomSampler, type Sampler, SequentialSampler } from './loader/samplers.ts'

export interface DataLoaderOptions {
  /** Samples per batch. Default 1. */
  batchSize?: number
  /** A new random order each epoch. Default false. */
  shuffle?: boolean
  /** Which samples an epoch visits, in which order; not together with `shuffle`. */
  sampler?: Sampler
  /** Decides orders and augmentations. Default: drawn from the library's generator, so that `manualSeed` decides it. */
  seed?: number
  /** Leaves out the last batch when it is not full. Default false. */
  dropLast?: boolean
}

/**
 * Iterates over a data set in batches, once per loop.
 *
 * `for await` lets the event loop turn before each batch, so timers, sockets and progress displays live on during
 * training; a plain `for` gives the same batches without leaving the current turn. Each loop is one epoch: order and
 * augmentation depend only on the seed and the epoch's number, which counts up from 0.
 *
 * {@link stateDict} says where the last loop stands; a loader that loads it goes on there, in the middle of the epoch, with
 * exactly the batches that were left.
 *
 * @param dataset - what to read.
 * @throws {RangeError} when the batch size is not a positive integer, or both `shuffle` and `sampler` are given.
 *
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 64, shuffle: true })
 * for await (const [input, target] of loader) {
 *   // input [64, C, H, W], target [64]
 * }
 */
export class DataLoader<Batch extends readonly Tensor[] = LabelledBatch> {
  readonly dataset: Dataset<Batch>
  readonly batchSize: number
  readonly shuffle: boolean
  readonly sampler: Sampler
  readonly dropLast: boolean
  #seed: number
  /** The number of the next epoch, and how many of its batches are to be passed over. */
  #next: Position = { epoch: 0, batch: 0 }
  /** Where the last loop stands. */
  #last: Position = { epoch: 0, batch: 0 }

  constructor(
    dataset: Dataset<Batch>,
    { batchSize = 1, shuffle = false, sampler, seed, dropLast = false }: DataLoaderOptions = {},
  ) {
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`DataLoader: expected batchSize to be a positive integer, got ${batchSize}`)
    }
    if (shuffle && sampler !== undefined) {
      throw new RangeError('DataLoader: expected shuffle or a sampler, got both; a sampler decides the order by itself')
    }
    this.dataset = dataset
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.sampler = sampler ?? new (shuffle ? RandomSampler : SequentialSampler)(dataset.length)
    this.dropLast = dropLast
    // Without shuffling no number is drawn, so that a loader for evaluation does not move the library's generator.
    this.#seed = seed ?? (shuffle || sampler !== undefined ? nextSeed() : 0)
  }

  /** Number of batches per epoch: `⌊samples / batchSize⌋` with `dropLast`, else `⌈samples / batchSize⌉`. */
  get length(): number {
    const batches = this.sampler.length / this.batchSize
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches)
  }

  get seed(): number {
    return this.#seed
  }

  /** The number of the next epoch. Setting it makes the next loop start at the beginning of that epoch. */
  get epoch(): number {
    return this.#next.epoch
  }

  set epoch(epoch: number) {
    this.#next = { epoch, batch: 0 }
    this.#last = this.#next
  }

  /**
   * Where the last loop stands, as plain JSON: `batch` batches of `epoch` have been handed out. In the body of a loop the batch
   * at hand is counted, and a loop that was left early still stands where it was left.
   */
  stateDict(): LoaderState {
    return { seed: this.#seed, ...this.#last }
  }

  /**
   * Makes the next loop go on where {@link stateDict} was taken: it yields the batches of that epoch that were left, none when
   * the state is from the body of its last batch.
   *
   * @throws {FormatError} when `state` is not what `stateDict` returns.
   * @throws {RangeError} when it lies beyond the end of an epoch.
   */
  loadStateDict(state: LoaderState): void {
    const { seed, epoch, batch } = checkLoaderState(state)
    if (batch > this.length) {
      throw new RangeError(
        `DataLoader: expected a state within an epoch of ${this.length} batches, got batch ${batch}; ` +
          'the data set or the batch size differs from what the state was taken with',
      )
    }
    this.#seed = seed
    this.#next = { epoch, batch }
    this.#last = this.#next
  }

  *[Symbol.iterator](): IterableIterator<Batch, void, undefined> {
    const position = this.#begin()
    for (const [indices, context] of this.#requests(position)) {
      const samples = this.dataset.getBatch(indices, context)
      position.batch++
      yield samples
    }
    this.#end(position)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const position = this.#begin()
    for (const [indices, context] of this.#requests(position)) {
      await setImmediate()
      const { dataset } = this
      const samples = dataset.loadBatch ? await dataset.loadBatch(indices, context) : dataset.getBatch(indices, context)
      position.batch++
      yield samples
    }
    this.#end(position)
  }

  #begin(): Position {
    const position = this.#next
    this.#next = { epoch: position.epoch + 1, batch: 0 }
    this.#last = { ...position }
    return this.#last
  }

  #end(position: Position): void {
    position.epoch++
    position.batch = 0
  }

  /** What the batches of an epoch from `position` on consist of. */
  *#requests({ epoch, batch: first }: Position): Generator<[Int32Array, BatchContext], void, undefined> {
    const order = this.sampler.order(orderGenerator(this.#seed, epoch))
    const batches = this.length
    for (let batch = first; batch < batches; batch++) {
      const start = batch * this.batchSize
      yield [order.subarray(start, start + this.batchSize), batchContext(this.#seed, epoch, start)]
    }
  }
}
