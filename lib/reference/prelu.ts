import type { Floats } from './types.ts'

/** Leaky rectifier with a learned slope for each of `c` channels, dense `[rows, c]`; one slope for all is `c = 1`. */
export interface PreluProblem {
  rows: number
  c: number
}

/** `output[r, k] = input[r, k] > 0 ? input[r, k] : weight[k] · input[r, k]`; `output` may be `input`. */
export function preluForward({ rows, c }: PreluProblem, input: Floats, weight: Floats, output: Floats): void {
  for (let i = 0; i < rows * c; i++) output[i] = input[i] > 0 ? input[i] : weight[i % c] * input[i]
}

/**
 * `gradInput[r, k] = input[r, k] > 0 ? gradOutput[r, k] : weight[k] · gradOutput[r, k]` and, where it is wanted,
 * `gradWeight[k] = Σ_r input[r, k] > 0 ? 0 : input[r, k] · gradOutput[r, k]`. `gradInput` may be `gradOutput`.
 */
export function preluBackward(
  { rows, c }: PreluProblem,
  input: Floats,
  weight: Floats,
  gradOutput: Floats,
  gradInput: Floats,
  gradWeight: Floats | null,
): void {
  const sums = new Float64Array(c)
  for (let i = 0; i < rows * c; i++) {
    if (!(input[i] > 0)) sums[i % c] += input[i] * gradOutput[i]
    gradInput[i] = input[i] > 0 ? gradOutput[i] : weight[i % c] * gradOutput[i]
  }
  if (gradWeight !== null) gradWeight.set(sums)
}
