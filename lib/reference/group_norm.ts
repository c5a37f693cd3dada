import type { Floats } from './types.ts'

/**
 * Normalization of a dense `[n, spatial, c]` buffer (channels-last images have `spatial = H·W`) by the statistics of every
 * image's groups of `c / groups` neighbouring channels:
 *
 * `output = (input − mean) · rstd · weight + bias`, `rstd = 1 / √(var + eps)`, `var` biased over `spatial · c / groups` values.
 *
 * With `groups = c` it is instance normalization, with one group layer normalization of whole images.
 */
export interface GroupNormProblem {
  n: number
  spatial: number
  c: number
  groups: number
  eps: number
}

/** Calls `visit` with the position and the channel of every element of group `g` of image `n`. */
function forEachInGroup(
  { spatial, c: C, groups }: GroupNormProblem,
  n: number,
  g: number,
  visit: (at: number, c: number) => void,
): void {
  const width = C / groups
  for (let s = 0; s < spatial; s++) {
    for (let c = g * width; c < (g + 1) * width; c++) visit((n * spatial + s) * C + c, c)
  }
}

/** Forward pass; `savedMean` and `savedRstd`, `[n, groups]`, are kept for the backward pass. */
export function groupNormForward(
  problem: GroupNormProblem,
  input: Floats,
  weight: Floats | null,
  bias: Floats | null,
  savedMean: Floats,
  savedRstd: Floats,
  output: Floats,
): void {
  const { n: N, spatial, c: C, groups, eps } = problem
  const count = (spatial * C) / groups
  for (let n = 0; n < N; n++) {
    for (let g = 0; g < groups; g++) {
      let sum = 0
      forEachInGroup(problem, n, g, (at) => {
        sum += input[at]
      })
      const mean = sum / count
      let squares = 0
      forEachInGroup(problem, n, g, (at) => {
        squares += (input[at] - mean) ** 2
      })
      const rstd = 1 / Math.sqrt(squares / count + eps)
      forEachInGroup(problem, n, g, (at, c) => {
        output[at] = (input[at] - mean) * rstd * (weight?.[c] ?? 1) + (bias?.[c] ?? 0)
      })
      savedMean[n * groups + g] = mean
      savedRstd[n * groups + g] = rstd
    }
  }
}

/**
 * Gradients of the forward pass. Mean and deviation depend on every value of the group, so with
 * `x̂ = (input − mean) · rstd` and `g = gradOutput · weight`
 *
 * `gradInput = rstd · (g − mean(g) − x̂ · mean(g · x̂))`, `gradWeight = Σ gradOutput · x̂`, `gradBias = Σ gradOutput`.
 */
export function groupNormBackward(
  problem: GroupNormProblem,
  input: Floats,
  gradOutput: Floats,
  savedMean: Floats,
  savedRstd: Floats,
  weight: Floats | null,
  gradInput: Floats,
  gradWeight: Floats | null,
  gradBias: Floats | null,
): void {
  const { n: N, spatial, c: C, groups } = problem
  const count = (spatial * C) / groups
  const [weightSums, biasSums] = [new Float64Array(C), new Float64Array(C)]
  for (let n = 0; n < N; n++) {
    for (let g = 0; g < groups; g++) {
      const mean = savedMean[n * groups + g]
      const rstd = savedRstd[n * groups + g]
      let sum = 0
      let dot = 0
      forEachInGroup(problem, n, g, (at, c) => {
        const normalized = (input[at] - mean) * rstd
        sum += gradOutput[at] * (weight?.[c] ?? 1)
        dot += gradOutput[at] * (weight?.[c] ?? 1) * normalized
        weightSums[c] += gradOutput[at] * normalized
        biasSums[c] += gradOutput[at]
      })
      forEachInGroup(problem, n, g, (at, c) => {
        const normalized = (input[at] - mean) * rstd
        gradInput[at] = rstd * (gradOutput[at] * (weight?.[c] ?? 1) - sum / count - (normalized * dot) / count)
      })
    }
  }
  gradWeight?.set(weightSums)
  gradBias?.set(biasSums)
}
