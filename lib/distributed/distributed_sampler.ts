import type { Generator } from '../data/generator.ts'
import { orderGenerator } from '../data/loader/position.ts'
import type { Sampler } from '../data/loader/samplers.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { init } from './init.ts'

/** Whose share of the data a {@link DistributedSampler} gives, and in which order. */
export interface DistributedSamplerOptions {
  /** Ranks that share the data, at least 1; those of the job by default. */
  numReplicas?: number
  /** Which of them this is, from 0 to `numReplicas − 1`; that of this process by default. */
  rank?: number
  /** Whether every epoch has another random order, `true` by default. */
  shuffle?: boolean
  /** Decides the orders, together with the epoch; a non-negative integer, the same on every rank. 0 by default. */
  seed?: number
  /**
   * Whether samples that do not fill a round of all ranks are left out, rather than the first ones taken twice; `false`
   * by default.
   */
  dropLast?: boolean
}

/**
 * The part of a data set that one rank trains on: of the epoch's order, which all ranks agree on, rank r takes sample
 * r, r + N, r + 2N, …. Batch `b` of all ranks together is therefore batch `b`, N times as large, of one process whose loader
 * shuffles by the same seed; augmentations too are those of that process where the loaders' seeds are the same.
 *
 * ```ts
 * new data.DataLoader(dataset, { batchSize: 32, sampler: new DistributedSampler(dataset.length) })
 * ```
 *
 * @param size of the data set
 * @throws {RangeError} for a rank that is none, or a number that is not a non-negative integer.
 *
 * Source: semantics of torch.utils.data.DistributedSampler; the loader counts epochs, so there is no `setEpoch`.
 */
export class DistributedSampler implements Sampler {
  readonly length: number
  readonly share: { readonly count: number; readonly index: number }
  readonly shuffle: boolean
  readonly seed: number
  readonly #size: number

  constructor(size: number, options: DistributedSamplerOptions = {}) {
    const op = 'DistributedSampler'
    checkOptions(op, options, ['numReplicas', 'rank', 'shuffle', 'seed', 'dropLast'])
    this.#size = checkInteger(op, 'size', size, 0)
    const count = checkInteger(op, 'numReplicas', options.numReplicas ?? init().size, 1)
    const index = checkInteger(op, 'rank', options.rank ?? init().rank, 0)
    if (index >= count) throw new RangeError(`${op}: expected rank to be below numReplicas ${count}, got ${index}`)
    this.share = { count, index }
    this.shuffle = options.shuffle ?? true
    this.seed = checkInteger(op, 'seed', options.seed ?? 0, 0)
    this.length = options.dropLast ? Math.floor(size / count) : Math.ceil(size / count)
  }

  order(_generator: Generator, epoch: number): Int32Array {
    const { count, index } = this.share
    const all = this.shuffle ? orderGenerator(this.seed, epoch).permutation(this.#size) : null
    return Int32Array.from({ length: this.length }, (_, i) => {
      const place = (i * count + index) % this.#size
      return all === null ? place : all[place]
    })
  }
}
