import type { Floats } from './types.ts'

/**
 * Local response normalization across the channels of a dense `[rows, c]` buffer (channels-last images have
 * `rows = N·H·W`):
 *
 * `output[c] = input[c] / (k + alpha / size · Σ_j input[j]²)^beta`, `j` from `c − ⌊size/2⌋` to `c + ⌊(size−1)/2⌋` inside the
 * channels.
 */
export interface LocalResponseNormProblem {
  rows: number
  c: number
  size: number
  alpha: number
  beta: number
  k: number
}

/** First and last channel of the window around channel `c`. */
function windowOf({ c: C, size }: LocalResponseNormProblem, c: number): [first: number, last: number] {
  return [Math.max(0, c - Math.floor(size / 2)), Math.min(C - 1, c + Math.floor((size - 1) / 2))]
}

/** `k + alpha / size · Σ input²` over the window around channel `c` of row `r`. */
function denominator(problem: LocalResponseNormProblem, input: Floats, r: number, c: number): number {
  const [first, last] = windowOf(problem, c)
  let squares = 0
  for (let j = first; j <= last; j++) squares += input[r * problem.c + j] ** 2
  return problem.k + (problem.alpha / problem.size) * squares
}

/** Forward pass. */
export function localResponseNormForward(problem: LocalResponseNormProblem, input: Floats, output: Floats): void {
  const { rows, c: C, beta } = problem
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < C; c++) output[r * C + c] = input[r * C + c] / denominator(problem, input, r, c) ** beta
  }
}

/**
 * Gradient of the forward pass. With `d` the denominators, an input stands in its own output and, squared, in the
 * denominators of all channels `j` whose window it lies in:
 *
 * `gradInput[c] = gradOutput[c] · d[c]^−beta − 2 · alpha · beta / size · input[c] · Σ_j gradOutput[j] · input[j] · d[j]^(−beta − 1)`.
 */
export function localResponseNormBackward(
  problem: LocalResponseNormProblem,
  input: Floats,
  gradOutput: Floats,
  gradInput: Floats,
): void {
  const { rows, c: C, size, alpha, beta } = problem
  const factor = (2 * alpha * beta) / size
  const sums = new Float64Array(C)
  for (let r = 0; r < rows; r++) {
    sums.fill(0)
    for (let j = 0; j < C; j++) {
      const [first, last] = windowOf(problem, j)
      const term = gradOutput[r * C + j] * input[r * C + j] * denominator(problem, input, r, j) ** (-beta - 1)
      for (let c = first; c <= last; c++) sums[c] += term
    }
    for (let c = 0; c < C; c++) {
      const own = gradOutput[r * C + c] * denominator(problem, input, r, c) ** -beta
      gradInput[r * C + c] = own - factor * input[r * C + c] * sums[c]
    }
  }
}
