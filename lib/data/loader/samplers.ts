import { RangeError } from '../../util/errors.ts'
import type { Generator } from '../generator.ts'

/**
 * The order in which a loader visits its data set in one epoch.
 *
 * Whatever is random comes from the generator that the loader passes, which is that of its seed and the epoch, so a run
 * resumed in the middle of an epoch finds the same order again.
 */
export interface Sampler {
  /** How many samples an epoch has. */
  readonly length: number
  /**
   * Where several loaders divide the samples of an epoch among them: how many they are, and which one this is. Sample `i` of this
   * loader is then number `i · count + index` of the epoch, and is augmented as such. By default there is one.
   */
  readonly share?: { readonly count: number; readonly index: number }
  /** Indices into the data set, `[length]`; `epoch` is the number of the epoch. */
  order(generator: Generator, epoch: number): Int32Array
}

function checkCount(op: string, name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${op}: expected ${name} to be an integer of at least 0, got ${value}`)
  }
  return value
}

/**
 * The samples as they come, `0 … size − 1`.
 *
 * @throws {RangeError} when `size` is not a non-negative integer.
 *
 * @example
 * new DataLoader(dataset, { sampler: new SequentialSampler(dataset.length) })
 */
export class SequentialSampler implements Sampler {
  readonly length: number

  constructor(size: number) {
    this.length = checkCount('SequentialSampler', 'size', size)
  }

  order(_generator: Generator): Int32Array {
    return Int32Array.from({ length: this.length }, (_, i) => i)
  }
}

/** How many samples a {@link RandomSampler} draws for an epoch, and whether one may come twice. */
export interface RandomSamplerOptions {
  /** Whether a sample may come again in an epoch. Default false. */
  replacement?: boolean
  /** Samples in an epoch; without replacement beyond `size` permutation follows permutation. Default `size`. */
  numSamples?: number
}

/**
 * Samples in random order, each equally likely: what `shuffle: true` stands for, and draws with replacement.
 *
 * @param size - of the data set.
 * @throws {RangeError} when a number is not a non-negative integer, or there is nothing to draw from.
 *
 * @example
 * new DataLoader(dataset, { sampler: new RandomSampler(dataset.length, { replacement: true, numSamples: 1000 }) })
 */
export class RandomSampler implements Sampler {
  readonly length: number
  readonly size: number
  readonly replacement: boolean

  constructor(size: number, { replacement = false, numSamples = size }: RandomSamplerOptions = {}) {
    this.size = checkCount('RandomSampler', 'size', size)
    this.length = checkCount('RandomSampler', 'numSamples', numSamples)
    if (size === 0 && numSamples > 0) throw new RangeError('RandomSampler: expected a data set with samples, got none')
    this.replacement = replacement
  }

  order(generator: Generator): Int32Array {
    const { size, length } = this
    if (this.replacement) return Int32Array.from({ length }, () => generator.integer(size))
    const order = new Int32Array(length)
    for (let start = 0; start < length; start += size) {
      order.set(generator.permutation(size).subarray(0, length - start), start)
    }
    return order
  }
}

/** Whether a {@link WeightedRandomSampler} puts back what it has drawn. */
export interface WeightedRandomSamplerOptions {
  /** Whether a sample may come again in an epoch; without it `numSamples` is at most the positive weights. Default true. */
  replacement?: boolean
}

/**
 * Draws sample `i` with probability `weights[i] / Σ weights`, for instance `1 / (samples of its class)` to balance classes.
 *
 * Without replacement every draw is among the samples that are left: the order is that of the largest
 * `log(u) / weights[i]` (Efraimidis and Spirakis 2006).
 *
 * @param weights - `[size of the data set]`, at least 0, not all 0.
 * @param numSamples - samples in an epoch.
 * @throws {RangeError} when a weight is negative or not finite, none is positive, or there are too few to draw without
 * replacement.
 *
 * @example
 * new DataLoader(dataset, { sampler: new WeightedRandomSampler([0.1, 0.9, 0.4], 100) })
 */
export class WeightedRandomSampler implements Sampler {
  readonly length: number
  readonly weights: Float64Array
  readonly replacement: boolean

  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    { replacement = true }: WeightedRandomSamplerOptions = {},
  ) {
    this.length = checkCount('WeightedRandomSampler', 'numSamples', numSamples)
    this.weights = Float64Array.from(weights)
    this.replacement = replacement
    const bad = this.weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
    if (bad >= 0) {
      throw new RangeError(
        `WeightedRandomSampler: expected finite weights of at least 0, got ${this.weights[bad]} at position ${bad}`,
      )
    }
    const positive = this.weights.filter((weight) => weight > 0).length
    if (positive === 0) throw new RangeError('WeightedRandomSampler: expected a positive weight, got none')
    if (!replacement && numSamples > positive) {
      throw new RangeError(
        `WeightedRandomSampler: expected numSamples to be at most the ${positive} positive weights without replacement, ` +
          `got ${numSamples}`,
      )
    }
  }

  order(generator: Generator): Int32Array {
    return this.replacement ? this.#drawWith(generator) : this.#drawWithout(generator)
  }

  #drawWith(generator: Generator): Int32Array {
    const sums = new Float64Array(this.weights.length)
    let total = 0
    for (let i = 0; i < sums.length; i++) {
      total += this.weights[i]
      sums[i] = total
    }
    const last = this.weights.findLastIndex((weight) => weight > 0)
    return Int32Array.from({ length: this.length }, () => Math.min(last, firstAbove(sums, fraction(generator) * total)))
  }

  #drawWithout(generator: Generator): Int32Array {
    const keys = Float64Array.from(this.weights, (weight) => Math.log(1 - fraction(generator)) / weight)
    const indices = Array.from(keys.keys()).filter((i) => this.weights[i] > 0)
    return Int32Array.from(indices.sort((a, b) => keys[b] - keys[a] || a - b).slice(0, this.length))
  }
}

/** A number in [0, 1) of 53 bits: 24 would not reach every sample of a large set. */
const fraction = (generator: Generator): number =>
  ((generator.uint32() >>> 5) * 2 ** 26 + (generator.uint32() >>> 6)) / 2 ** 53

/** Position of the first of the ascending numbers that is larger than `value`. */
function firstAbove(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle] > value) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Every sample once, in random order, with the classes spread evenly: each batch has them in the proportions of the whole
 * set, as nearly as whole numbers allow. Sample `j` of a class of `n`, in random order, goes to `(j + u) / n` of the epoch.
 *
 * @param labels - class of each sample of the data set.
 *
 * @example
 * new DataLoader(dataset, { batchSize: 64, sampler: new StratifiedSampler(dataset.labels) })
 */
export class StratifiedSampler implements Sampler {
  readonly length: number
  readonly #classes: Int32Array[]

  constructor(labels: ArrayLike<number>) {
    this.length = labels.length
    this.#classes = indicesByClass(labels)
  }

  order(generator: Generator): Int32Array {
    const places = new Float64Array(this.length)
    for (const members of this.#classes) {
      const shuffled = generator.permutation(members.length)
      for (let j = 0; j < members.length; j++) places[members[shuffled[j]]] = (j + generator.uniform()) / members.length
    }
    return Int32Array.from({ length: this.length }, (_, i) => i).sort((a, b) => places[a] - places[b] || a - b)
  }
}

/** Positions of each class in `labels`, ascending, classes in ascending order. */
export function indicesByClass(labels: ArrayLike<number>): Int32Array[] {
  const found = new Map<number, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const members = found.get(labels[i])
    if (members === undefined) found.set(labels[i], [i])
    else members.push(i)
  }
  return [...found].sort(([a], [b]) => a - b).map(([, members]) => Int32Array.from(members))
}
