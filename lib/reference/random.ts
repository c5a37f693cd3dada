import type { Floats } from './types.ts'

/**
 * Numbers from the counter-based generator Philox4x32-10 (Salmon et al. 2011). Word `i` of a stream is word `i mod 4` of the
 * block whose counter is `offset + ⌊i / 4⌋` (64 bits in the low half of the counter) under the 64-bit key `seed`.
 * Both are non-negative safe integers.
 */
export interface RandomProblem {
  size: number
  seed: number
  offset: number
}

/** `low + u · (high − low)` with `u` the top 24 bits of a word divided by 2²⁴. */
export interface UniformProblem extends RandomProblem {
  low: number
  high: number
}

/** Box–Muller on the word pairs (2i, 2i + 1): `r·cos`, `r·sin` with `r = √(−2 ln((w₀ + 1) / 2³²))`, angle `2π·w₁ / 2³²`. */
export interface NormalProblem extends RandomProblem {
  mean: number
  std: number
}

const TWO_32 = 2 ** 32

/** High 32 bits of the 64-bit product of two 32-bit words, by 16-bit halves so that every step is exact. */
function multiplyHigh(a: number, b: number): number {
  const al = a & 0xffff
  const ah = a >>> 16
  const bl = b & 0xffff
  const bh = b >>> 16
  const middle = ah * bl + ((al * bl) >>> 16)
  const low = al * bh + (middle & 0xffff)
  return (ah * bh + Math.floor(middle / 65536) + Math.floor(low / 65536)) >>> 0
}

/**
 * One block of Philox4x32-10: ten rounds of `(hi(B·c₂) ⊕ c₁ ⊕ k₀, lo(B·c₂), hi(A·c₀) ⊕ c₃ ⊕ k₁, lo(A·c₀))` with the key
 * raised by the Weyl constants between rounds.
 *
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @param output receives four 32-bit words; may be `counter`
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants from its table 2.
 */
export function philox4x32(counter: Uint32Array, key: Uint32Array, output: Uint32Array): void {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0) >>> 0
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  output[0] = c0
  output[1] = c1
  output[2] = c2
  output[3] = c3
}

const counterWords = new Uint32Array(4)
const keyWords = new Uint32Array(2)

/**
 * Block number `block` of the stream that `seed` and `offset` name: Philox under the key (`seed` low, high 32 bits) at the
 * counter (`offset + block` low, high 32 bits, 0, 0).
 *
 * @param output receives the four words of the block
 */
export function philoxBlock(seed: number, offset: number, block: number, output: Uint32Array): void {
  const low = (offset % TWO_32) + (block % TWO_32)
  keyWords[0] = seed % TWO_32
  keyWords[1] = Math.floor(seed / TWO_32)
  counterWords[0] = low % TWO_32
  counterWords[1] = Math.floor(offset / TWO_32) + Math.floor(block / TWO_32) + Math.floor(low / TWO_32)
  counterWords[2] = 0
  counterWords[3] = 0
  philox4x32(counterWords, keyWords, output)
}

/** The first `size` words of the stream that `seed` and `offset` name. */
export function philoxWords(size: number, seed: number, offset: number): Uint32Array {
  const words = new Uint32Array(size)
  const block = new Uint32Array(4)
  for (let i = 0; i < size; i++) {
    if (i % 4 === 0) philoxBlock(seed, offset, i / 4, block)
    words[i] = block[i % 4]
  }
  return words
}

/** `output[i] = low + u · (high − low)`, `u = ⌊wordᵢ / 2⁸⌋ / 2²⁴` in `[0, 1)`; `output` is `[size]`. */
export function randomUniform(problem: UniformProblem, output: Floats): void {
  const { size, seed, offset, low, high } = problem
  const words = philoxWords(size, seed, offset)
  for (let i = 0; i < size; i++) output[i] = low + ((words[i] >>> 8) / 2 ** 24) * (high - low)
}

/**
 * `output[2i] = mean + std · r · cos θ`, `output[2i + 1] = mean + std · r · sin θ` with `r = √(−2 ln((w₂ᵢ + 1) / 2³²))` and
 * `θ = 2π · w₂ᵢ₊₁ / 2³²`; `output` is `[size]`, of an odd last pair only the cosine is kept.
 *
 * Source: Box and Muller, "A note on the generation of random normal deviates", 1958.
 */
export function randomNormal(problem: NormalProblem, output: Floats): void {
  const { size, seed, offset, mean, std } = problem
  const words = philoxWords(size + (size % 2), seed, offset)
  for (let i = 0; i < size; i++) {
    const pair = i - (i % 2)
    const radius = Math.sqrt(-2 * Math.log((words[pair] + 1) / TWO_32))
    const angle = (2 * Math.PI * words[pair + 1]) / TWO_32
    output[i] = mean + std * radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
  }
}
