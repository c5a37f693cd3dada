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
