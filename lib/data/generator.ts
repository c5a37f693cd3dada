import { philox4x32 } from '../reference/random.ts'
import { RangeError } from '../util/errors.ts'

const TWO_32 = 2 ** 32

/**
 * A stream of random numbers for data: shuffles, splits, synthetic images.
 *
 * Counter-based (Philox4x32-10, the library's one generator): word `i` of the stream is word `i mod 4` of block
 * `⌊i / 4⌋` under the key `seed`, so a stream depends on nothing but its seed, and {@link fork} gives each epoch or
 * sample a stream of its own without drawing the ones before it. Not for secrets.
 *
 * @param seed - a non-negative safe integer.
 * @throws {RangeError} when the seed is anything else.
 *
 * @example
 * const generator = new Generator(7)
 * generator.permutation(3)
 * generator.fork(12).uniform()
 */
export class Generator {
  readonly seed: number
  readonly #key: Uint32Array
  readonly #counter = new Uint32Array(4)
  readonly #block = new Uint32Array(4)
  /** Words of the current block already used. */
  #used = 4
  /** The second number of the last Box–Muller pair; NaN when there is none. */
  #spare = Number.NaN

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`Generator: expected the seed to be a non-negative safe integer, got ${seed}`)
    }
    this.seed = seed
    this.#key = Uint32Array.of(seed % TWO_32, Math.floor(seed / TWO_32))
  }

  /** The next 32 random bits. */
  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block)
      this.#used = 0
      this.#counter[0]++
      if (this.#counter[0] === 0) this.#counter[1]++
    }
    return this.#block[this.#used++]
  }

  /** A number in `[low, high)`, `low + u · (high − low)` with `u` the top 24 bits of a word over 2²⁴. Defaults 0 and 1. */
  uniform(low = 0, high = 1): number {
    return low + ((this.uint32() >>> 8) / 2 ** 24) * (high - low)
  }

  /** A normally distributed number, by Box–Muller on two words; the pair's second number serves the next call. */
  normal(mean = 0, std = 1): number {
    const spare = this.#spare
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN
      return mean + spare * std
    }
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) / TWO_32))
    const angle = (2 * Math.PI * this.uint32()) / TWO_32
    this.#spare = radius * Math.sin(angle)
    return mean + radius * Math.cos(angle) * std
  }

  /**
   * An integer in `[0, bound)`, each equally likely: words from the incomplete last run of `bound` values are thrown away.
   *
   * @throws {RangeError} when `bound` is not an integer in [1, 2³²].
   */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32) {
      throw new RangeError(`Generator: expected an integer bound in [1, 2^32], got ${bound}`)
    }
    const limit = TWO_32 - (TWO_32 % bound)
    let word = this.uint32()
    while (word >= limit) word = this.uint32()
    return word % bound
  }

  /** The numbers `0 … size − 1` in random order (Fisher–Yates, from the end). */
  permutation(size: number): Int32Array {
    const order = Int32Array.from({ length: size }, (_, i) => i)
    for (let i = size - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const swapped = order[i]
      order[i] = order[j]
      order[j] = swapped
    }
    return order
  }

  /**
   * A generator of its own for epoch or sample `index`, a non-negative safe integer: the same however much of this
   * stream was drawn. Its seed is 53 bits of the block at counter (`index`, 0, 1), which no stream reaches.
   */
  fork(index: number): Generator {
    if (!Number.isSafeInteger(index) || index < 0) {
      throw new RangeError(`Generator: expected the index of a fork to be a non-negative safe integer, got ${index}`)
    }
    const words = Uint32Array.of(index % TWO_32, Math.floor(index / TWO_32), 0, 1)
    philox4x32(words, this.#key, words)
    return new Generator((words[1] >>> 11) * TWO_32 + words[0])
  }
}
