import { setImmediate } from 'node:timers/promises'
import { nextSeed } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import type { Dataset, LabelledBatch } from './dataset.ts'
import { Generator } from './generator.ts'

export interface DataLoaderOptions {
  /** Samples per batch. Default 1. */
  batchSize?: number
  /** A new random order each epoch. Default false. */
  shuffle?: boolean
  /** Decides all orders. Default: drawn from the library's generator, so that `manualSeed` decides it. */
  seed?: number
  /** Leaves out the last batch when it is not full. Default false. */
  dropLast?: boolean
}

/**
 * Iterates over a data set in batches, once per loop.
 *
 * `for await` lets the event loop turn before each batch, so timers, sockets and progress displays live on during
 * training; a plain `for` gives the same batches without leaving the current turn. Each loop is one epoch: the order
 * is a permutation that depends only on the seed and the epoch's number, which counts up from 0 and can be set to
 * resume a run.
 *
 * @param dataset - what to read.
 * @throws {RangeError} when the batch size is not a positive integer.
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
  readonly dropLast: boolean
  readonly seed: number
  /** The number of the next epoch. */
  epoch = 0

  constructor(
    dataset: Dataset<Batch>,
    { batchSize = 1, shuffle = false, seed, dropLast = false }: DataLoaderOptions = {},
  ) {
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`DataLoader: expected batchSize to be a positive integer, got ${batchSize}`)
    }
    this.dataset = dataset
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    // Without shuffling no number is drawn, so that a loader for evaluation does not move the library's generator.
    this.seed = seed ?? (shuffle ? nextSeed() : 0)
  }

  /** Number of batches per epoch: `⌊samples / batchSize⌋` with `dropLast`, else `⌈samples / batchSize⌉`. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches)
  }

  *[Symbol.iterator](): IterableIterator<Batch, void, undefined> {
    const order = this.#nextOrder()
    const batches = this.length
    for (let batch = 0; batch < batches; batch++) {
      const start = batch * this.batchSize
      yield this.dataset.getBatch(order.subarray(start, start + this.batchSize))
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    for (const batch of this) {
      await setImmediate()
      yield batch
    }
  }

  #nextOrder(): Int32Array {
    const epoch = this.epoch++
    if (this.shuffle) return new Generator(this.seed).fork(epoch).permutation(this.dataset.length)
    return Int32Array.from({ length: this.dataset.length }, (_, index) => index)
  }
}
