/**
 * Dropout of a dense `[n, spatial, c]` buffer: an element survives, scaled by `1 / (1 − p)`, where the 32-bit word the
 * counter-based generator gives it is at least `p · 2³²`. The word's index is the element's index or, with `channelwise`,
 * `n · C + c`, so that whole channels go together. `seed` and `offset` are those of the generator; the same problem gives
 * the same mask, so the backward pass is this very function applied to the gradient.
 */
export interface DropoutProblem {
  n: number
  spatial: number
  c: number
  p: number
  channelwise: boolean
  seed: number
  offset: number
}
