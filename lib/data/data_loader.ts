import { setImmediate } from 'node:timers/promises'
import { nextSeed } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { RangeError, StateError } from '../util/errors.ts'
import type { Dataset, LabelledBatch } from './dataset.ts'
import type { Generator } from './generator.ts'
import { ahead } from './loader/ahead.ts'
import {
  batchContext,
  batchGenerator,
  checkLoaderState,
  type LoaderState,
  orderGenerator,
  type Position,
} from './loader/position.ts'
import { recipeOfDataset } from './loader/recipe.ts'
import { RandomSampler, type Sampler, SequentialSampler } from './loader/samplers.ts'
import { type BatchJob, WorkerPool } from './loader/worker_pool.ts'

/** Changes a batch; what is random comes from the generator, which is that of the batch. */
export type BatchTransform<Batch> = (batch: Batch, generator: Generator) => Batch

/** How a {@link DataLoader} cuts a data set into batches, in which order, and who reads them. */
export interface DataLoaderOptions<Batch extends readonly Tensor[] = LabelledBatch> {
  /** Samples per batch, at least 1. Default 1. */
  batchSize?: number
  /** A new random order each epoch. Default false. */
  shuffle?: boolean
  /**
   * Which samples an epoch visits, in which order; not together with `shuffle`. Default: all, in the order of the data
   * set.
   */
  sampler?: Sampler
  /**
   * Decides orders and augmentations; a non-negative integer. Default: with `shuffle` or a sampler drawn from the library's
   * generator, so that `manualSeed` decides it; 0 otherwise.
   */
  seed?: number
  /** Leaves out the last batch when it is not full. Default false. */
  dropLast?: boolean
  /**
   * Threads that read batches while others train; 0 reads in the main thread. The batches are the same for any number. The
   * data set has to have a recipe, as those of the library do ({@link StateError} otherwise); workers make it when the first
   * loop starts. Default 0.
   */
  workers?: number
  /** Batches that each worker, or a data set that waits for files, is ahead of the loop. Default 2. */
  prefetch?: number
  /** Changes whole batches, such as `transforms.mixup`, in the main thread. Default: none. */
  batchTransform?: BatchTransform<Batch>
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
 * With `workers` batches are made in other threads and come back in shared memory; a sample that fails there fails the loop
 * with its index and the cause.
 *
 * @param dataset - what to read.
 * @throws {RangeError} when a number is not an integer in its range, or both `shuffle` and `sampler` are given.
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
  readonly workers: number
  readonly prefetch: number
  readonly batchTransform: BatchTransform<Batch> | undefined
  #pool: WorkerPool | null = null
  #seed: number
  /** The number of the next epoch, and how many of its batches are to be passed over. */
  #next: Position = { epoch: 0, batch: 0 }
  /** Where the last loop stands. */
  #last: Position = { epoch: 0, batch: 0 }

  constructor(
    dataset: Dataset<Batch>,
    {
      batchSize = 1,
      shuffle = false,
      sampler,
      seed,
      dropLast = false,
      workers = 0,
      prefetch = 2,
      batchTransform,
    }: DataLoaderOptions<Batch> = {},
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
    this.workers = checkInteger('DataLoader', 'workers', workers, 0)
    this.prefetch = checkInteger('DataLoader', 'prefetch', prefetch, 0)
    this.batchTransform = batchTransform
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
    if (this.workers > 0) {
      throw new StateError('DataLoader: expected for await with workers, which have to be waited for, got a plain for')
    }
    const position = this.#begin()
    for (const { job, batch } of this.#jobs(position)) {
      const samples = this.dataset.getBatch(job.indices, batchContext(job.seed, job.epoch, job.start, job.step))
      const mixed = this.#mix(samples, job, batch)
      position.batch++
      yield mixed
    }
    this.#end(position)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const position = this.#begin()
    const pool = this.#workerPool()
    // Batches that are computed here take the turn of the step, so there is nothing to gain from having them early.
    const early = pool === null ? (this.dataset.loadBatch ? this.prefetch : 0) : this.prefetch * this.workers
    const starts = this.#starts(this.#jobs(position), pool)
    let done = false
    try {
      for await (const samples of ahead(starts, early + 1)) {
        await setImmediate()
        position.batch++
        yield samples
      }
      done = true
    } finally {
      if (!done) pool?.forget()
    }
    this.#end(position)
  }

  /** Ends the workers; the next loop starts others. Idle ones keep no process alive, so this is for those in a hurry. */
  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = null
    await pool?.close()
  }

  *#starts(jobs: Iterable<Job>, pool: WorkerPool | null): Iterable<() => Promise<Batch>> {
    const { dataset } = this
    for (const { job, batch } of jobs) {
      yield async () => {
        const context = () => batchContext(job.seed, job.epoch, job.start, job.step)
        const samples =
          pool !== null
            ? ((await pool.ask(batch, job)) as unknown as Batch)
            : await (dataset.loadBatch?.(job.indices, context()) ?? dataset.getBatch(job.indices, context()))
        return this.#mix(samples, job, batch)
      }
    }
  }

  #mix(samples: Batch, { seed, epoch }: BatchJob, batch: number): Batch {
    const { count, index } = this.sampler.share ?? ALONE
    return this.batchTransform
      ? this.batchTransform(samples, batchGenerator(seed, epoch, batch * count + index))
      : samples
  }

  #workerPool(): WorkerPool | null {
    if (this.workers === 0) return null
    if (this.#pool === null) {
      const pool = new WorkerPool(this.workers, recipeOfDataset(this.dataset))
      this.#pool = pool
      orphans.register(this, pool)
    }
    return this.#pool
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
  *#jobs({ epoch, batch: first }: Position): Iterable<Job> {
    const seed = this.#seed
    const order = this.sampler.order(orderGenerator(seed, epoch), epoch)
    const { count: step, index } = this.sampler.share ?? ALONE
    const batches = this.length
    for (let batch = first; batch < batches; batch++) {
      const first = batch * this.batchSize
      const indices = order.slice(first, first + this.batchSize)
      yield { batch, job: { indices, seed, epoch, start: first * step + index, step } }
    }
  }
}

/** The share of a loader that shares its epochs with no other. */
const ALONE = { count: 1, index: 0 }

interface Job {
  job: BatchJob
  batch: number
}

// Workers of a loader that nobody holds any more.
const orphans = new FinalizationRegistry<WorkerPool>((pool) => void pool.close())
