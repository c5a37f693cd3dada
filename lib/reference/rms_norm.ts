import type { Floats } from './types.ts'

/**
 * Division of every row of a dense `[rows, size]` buffer by its root mean square:
 *
 * `output = input · rstd · weight`, `rstd = 1 / √(mean(input²) + eps)`; `weight` is `[size]`.
 */
export interface RmsNormProblem {
  rows: number
  size: number
  eps: number
}

/** Forward pass; `savedRstd`, `[rows]`, is kept for the backward pass. */
export function rmsNormForward(
  problem: RmsNormProblem,
  input: Floats,
  weight: Floats | null,
  savedRstd: Floats,
  output: Floats,
): void {
  const { rows, size, eps } = problem
  for (let r = 0; r < rows; r++) {
    let squares = 0
    for (let i = 0; i < size; i++) squares += input[r * size + i] ** 2
    const rstd = 1 / Math.sqrt(squares / size + eps)
    for (let i = 0; i < size; i++) output[r * size + i] = input[r * size + i] * rstd * (weight?.[i] ?? 1)
    savedRstd[r] = rstd
  }
}

/**
 * Gradients of the forward pass. With `x̂ = input · rstd` and `g = gradOutput · weight`, of every row
 * `gradInput = rstd · (g − x̂ · mean(g · x̂))`; over the rows `gradWeight = Σ gradOutput · x̂`.
 */
export function rmsNormBackward(
  problem: RmsNormProblem,
  input: Floats,
  gradOutput: Floats,
  savedRstd: Floats,
  weight: Floats | null,
  gradInput: Floats,
  gradWeight: Floats | null,
): void {
  const { rows, size } = problem
  const weightSums = new Float64Array(size)
  for (let r = 0; r < rows; r++) {
    let dot = 0
    for (let i = 0; i < size; i++) {
      const normalized = input[r * size + i] * savedRstd[r]
      dot += gradOutput[r * size + i] * (weight?.[i] ?? 1) * normalized
      weightSums[i] += gradOutput[r * size + i] * normalized
    }
    for (let i = 0; i < size; i++) {
      const normalized = input[r * size + i] * savedRstd[r]
      const grad = gradOutput[r * size + i] * (weight?.[i] ?? 1)
      gradInput[r * size + i] = savedRstd[r] * (grad - (normalized * dot) / size)
    }
  }
  gradWeight?.set(weightSums)
}
