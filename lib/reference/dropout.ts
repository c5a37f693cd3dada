import { philoxWords } from './random.ts'
import type { Floats } from './types.ts'

/**
 * Dropout of a dense `[n, spatial, c]` buffer: an element survives as `input · scale + shift` where the 32-bit word that the
 * counter-based generator gives it is at least `p · 2³²`, else `dropped` takes its place. The word's index is the element's
 * index or, with `channelwise`, `n · C + c`, so that whole channels go together. `seed` and `offset` are those of the
 * generator; the same problem gives the same mask, so the backward pass is this very function applied to the gradient, without
 * `shift` and `dropped`.
 */
export interface DropoutProblem {
  n: number
  spatial: number
  c: number
  p: number
  /** `1 / (1 − p)` in plain dropout. */
  scale: number
  shift: number
  dropped: number
  channelwise: boolean
  seed: number
  offset: number
}

/**
 * `output[i] = word(i) ≥ p · 2³² ? input[i] · scale + shift : dropped` over `[n, spatial, c]`, with every operation rounded
 * to the type of `input`. `output` may be `input`.
 */
export function dropout(problem: DropoutProblem, input: Floats, output: Floats): void {
  const { n: N, spatial, c: C, p, channelwise, seed, offset } = problem
  const rounded = input instanceof Float32Array ? Math.fround : (value: number) => value
  const [scale, shift] = [rounded(problem.scale), rounded(problem.shift)]
  const words = philoxWords(channelwise ? N * C : N * spatial * C, seed, offset)
  for (let n = 0; n < N; n++) {
    for (let s = 0; s < spatial; s++) {
      for (let c = 0; c < C; c++) {
        const i = (n * spatial + s) * C + c
        const word = words[channelwise ? n * C + c : i]
        output[i] = word >= p * 2 ** 32 ? rounded(input[i] * scale) + shift : problem.dropped
      }
    }
  }
}
