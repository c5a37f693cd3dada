import { nextSeed } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import type { Dataset, LabelledBatch } from './dataset.ts'
import { Generator } from './generator.ts'
import { RandomSampler, StratifiedSampler } from './loader/samplers.ts'
import { Subset } from './subset.ts'

/** Which samples {@link randomSplit} puts where. */
export interface RandomSplitOptions {
  /** Same seed, same split. Default: drawn from the library's generator, so that `manualSeed` decides it. */
  seed?: number
  /** Class of each sample, `[dataset.length]`: every class is then divided as the whole is. Default: none. */
  stratify?: ArrayLike<number>
}

/**
 * Splits a data set into disjoint subsets of random samples.
 *
 * @param lengths - sizes that add up to `dataset.length`, or fractions that add up to 1; as in PyTorch, each fraction
 * gives `⌊length · fraction⌋` samples and what is left over goes one by one to the first subsets. Stratified subsets have
 * the same sizes and hold every class in proportion, give or take a sample or two.
 * @returns one {@link Subset} per length.
 * @throws {RangeError} when the lengths are neither, or `stratify` has not one class per sample.
 *
 * @example
 * const [train, test] = randomSplit(dataset, [0.8, 0.2], { seed: 1 })
 */
export function randomSplit<Batch extends readonly Tensor[] = LabelledBatch>(
  dataset: Dataset<Batch>,
  lengths: readonly number[],
  { seed = nextSeed(), stratify }: RandomSplitOptions = {},
): Subset<Batch>[] {
  const sizes = resolveLengths(dataset.length, lengths)
  if (stratify !== undefined && stratify.length !== dataset.length) {
    throw new RangeError(
      `randomSplit: expected one class per sample to stratify by (${dataset.length}), got ${stratify.length}`,
    )
  }
  const generator = new Generator(seed)
  const sampler = stratify === undefined ? new RandomSampler(dataset.length) : new StratifiedSampler(stratify)
  // In the stratified order every stretch has the classes in proportion.
  const order = sampler.order(generator)
  let start = 0
  return sizes.map((size) => {
    start += size
    return new Subset(dataset, order.subarray(start - size, start))
  })
}

function resolveLengths(total: number, lengths: readonly number[]): number[] {
  const sum = lengths.reduce((partial, length) => partial + length, 0)
  const valid = lengths.every((length) => Number.isFinite(length) && length >= 0)
  if (valid && sum === total && lengths.every(Number.isInteger)) return [...lengths]
  // Fractions such as ten times 0.1 miss 1 by a few units in the last place.
  if (!valid || Math.abs(sum - 1) > 1e-9) {
    throw new RangeError(
      `randomSplit: expected lengths that add up to ${total}, or fractions that add up to 1, got [${lengths.join(', ')}]`,
    )
  }
  const sizes = lengths.map((fraction) => Math.floor(total * fraction))
  const left = total - sizes.reduce((partial, size) => partial + size, 0)
  return sizes.map((size, i) => (i < left ? size + 1 : size))
}
