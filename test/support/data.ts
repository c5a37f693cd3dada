import { randomUniform } from '../../lib/reference/index.ts'
import { philoxWords } from '../../lib/reference/random.ts'

/** Evenly spread float32 numbers in `[low, high)`, the same for the same seed. */
export function uniform(size: number, seed: number, low = -1, high = 1): Float32Array {
  const values = new Float32Array(size)
  randomUniform({ size, seed, offset: 0, low, high }, values)
  return values
}

/** Whole numbers in `[0, limit)`. */
export function integersBelow(limit: number, size: number, seed: number): Int32Array {
  return Int32Array.from(philoxWords(size, seed, 0), (word) => word % limit)
}

/** The largest relative error of one float32 operation, 2⁻²⁴. */
export const ROUNDING = 2 ** -24

/**
 * The error that `terms` float32 additions may show, relative to the sum of the absolute terms. Rounding errors are
 * as good as random and grow like the root; the bound is four times one rounding plus twice that walk.
 */
export function sumError(terms: number): number {
  return (4 + 2 * Math.sqrt(terms)) * ROUNDING
}
