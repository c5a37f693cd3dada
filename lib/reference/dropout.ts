import { philoxWords } from './random.ts'
import type { Floats } from './types.ts'

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

/**
 * `output[i] = word(i) ≥ p · 2³² ? input[i] / (1 − p) : 0` over `[n, spatial, c]`, with the factor `1 / (1 − p)` rounded to the
 * type of `input` before it is multiplied in. `output` may be `input`.
 */
export function dropout(problem: DropoutProblem, input: Floats, output: Floats): void {
  const { n: N, spatial, c: C, p, channelwise, seed, offset } = problem
  const factor = input instanceof Float32Array ? Math.fround(1 / (1 - p)) : 1 / (1 - p)
  const words = philoxWords(channelwise ? N * C : N * spatial * C, seed, offset)
  for (let n = 0; n < N; n++) {
    for (let s = 0; s < spatial; s++) {
      for (let c = 0; c < C; c++) {
        const i = (n * spatial + s) * C + c
        const word = words[channelwise ? n * C + c : i]
        output[i] = word >= p * 2 ** 32 ? input[i] * factor : 0
      }
    }
  }
}
