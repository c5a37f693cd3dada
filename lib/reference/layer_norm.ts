import type { Floats } from './types.ts'

/**
 * Normalization of every row of a dense `[rows, size]` buffer by its own statistics:
 *
 * `output = (input − mean) · rstd · weight + bias`, `rstd = 1 / √(var + eps)`, `var` biased; `weight` and `bias` are `[size]`.
 */
export interface LayerNormProblem {
  rows: number
  size: number
  eps: number
}

/** Forward pass; `savedMean` and `savedRstd`, `[rows]`, are kept for the backward pass. */
export function layerNormForward(
  problem: LayerNormProblem,
  input: Floats,
  weight: Floats | null,
  bias: Floats | null,
  savedMean: Floats,
  savedRstd: Floats,
  output: Floats,
): void {
  const { rows, size, eps } = problem
  for (let r = 0; r < rows; r++) {
    let sum = 0
    for (let i = 0; i < size; i++) sum += input[r * size + i]
    const mean = sum / size
    let squares = 0
    for (let i = 0; i < size; i++) squares += (input[r * size + i] - mean) ** 2
    const rstd = 1 / Math.sqrt(squares / size + eps)
    for (let i = 0; i < size; i++) {
      output[r * size + i] = (input[r * size + i] - mean) * rstd * (weight?.[i] ?? 1) + (bias?.[i] ?? 0)
    }
    savedMean[r] = mean
    savedRstd[r] = rstd
  }
}

/**
 * Gradients of the forward pass. With `x̂ = (input − mean) · rstd` and `g = gradOutput · weight`, of every row
 *
 * `gradInput = rstd · (g − mean(g) − x̂ · mean(g · x̂))`; over the rows `gradWeight = Σ gradOutput · x̂`,
 * `gradBias = Σ gradOutput`.
 */
export function layerNormBackward(
  problem: LayerNormProblem,
  input: Floats,
  gradOutput: Floats,
  savedMean: Floats,
  savedRstd: Floats,
  weight: Floats | null,
  gradInput: Floats,
  gradWeight: Floats | null,
  gradBias: Floats | null,
): void {
  const { rows, size } = problem
  const [weightSums, biasSums] = [new Float64Array(size), new Float64Array(size)]
  for (let r = 0; r < rows; r++) {
    let sum = 0
    let dot = 0
    for (let i = 0; i < size; i++) {
      const normalized = (input[r * size + i] - savedMean[r]) * savedRstd[r]
      const grad = gradOutput[r * size + i]
      sum += grad * (weight?.[i] ?? 1)
      dot += grad * (weight?.[i] ?? 1) * normalized
      weightSums[i] += grad * normalized
      biasSums[i] += grad
    }
    for (let i = 0; i < size; i++) {
      const normalized = (input[r * size + i] - savedMean[r]) * savedRstd[r]
      const grad = gradOutput[r * size + i] * (weight?.[i] ?? 1)
      gradInput[r * size + i] = savedRstd[r] * (grad - sum / size - (normalized * dot) / size)
    }
  }
  gradWeight?.set(weightSums)
  gradBias?.set(biasSums)
}
