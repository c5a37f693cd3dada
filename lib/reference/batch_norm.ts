import type { Floats } from './types.ts'

/**
 * Batch normalization over the rows of a dense `[rows, c]` buffer (channels-last images have `rows = N·H·W`):
 *
 * `output = (input − mean) · rstd · weight + bias`, `rstd = 1 / √(var + eps)`, `var` biased.
 *
 * Training updates `running ← (1 − momentum) · running + momentum · batch`, with the unbiased variance. With `add` a
 * residual is added to the output, with `relu` negative outputs become 0 after that.
 */
export interface BatchNormProblem {
  rows: number
  c: number
  eps: number
  momentum: number
  relu: boolean
  add: boolean
}

/**
 * Training form: normalizes each channel by the mean and the biased variance of its `rows` values, and updates
 * `runningMean` and `runningVar` in place. `moments` are those of the input where they are known, see {@link momentsOf}.
 * `savedMean` and `savedRstd`, `[c]`, are kept for the backward pass, as is where ReLU let values pass: bit `i % 8` of
 * `bits[⌊i / 8⌋]` is 1 where element `i` of the output is not 0.
 */
export function batchNormForward(
  problem: BatchNormProblem,
  input: Floats,
  moments: Floats | null,
  weight: Floats | null,
  bias: Floats | null,
  runningMean: Floats | null,
  runningVar: Floats | null,
  savedMean: Floats,
  savedRstd: Floats,
  residual: Floats | null,
  bits: Uint8Array | null,
  output: Floats,
): void {
  const { rows, c: C, eps, momentum } = problem
  const known = moments ?? new Float64Array(3 * C)
  if (moments === null) momentsOf(rows, C, input, known)
  for (let c = 0; c < C; c++) {
    const mean = known[c] + known[C + c]
    const squares = known[2 * C + c]
    const rstd = 1 / Math.sqrt(squares / rows + eps)

    savedMean[c] = mean
    savedRstd[c] = rstd
    if (runningMean !== null) runningMean[c] = (1 - momentum) * runningMean[c] + momentum * mean
    if (runningVar !== null) runningVar[c] = (1 - momentum) * runningVar[c] + (momentum * squares) / (rows - 1)
    normalize(problem, c, input, mean, rstd, weight, bias, output)
  }
  finish(problem, residual, bits, output)
}

/**
 * Mean, what that lost by rounding to the type of `moments`, and `Σ (x − mean)²` of each column of dense rows, as `[3, c]`.
 */
export function momentsOf(rows: number, c: number, input: Floats, moments: Floats): void {
  for (let j = 0; j < c; j++) {
    let sum = 0
    for (let r = 0; r < rows; r++) sum += input[r * c + j]
    const mean = rows === 0 ? 0 : sum / rows
    let squares = 0
    for (let r = 0; r < rows; r++) squares += (input[r * c + j] - mean) ** 2
    moments[j] = mean
    moments[c + j] = mean - moments[j]
    moments[2 * c + j] = squares
  }
}

/** What follows the normalization: the residual, the ReLU and its bits. */
function finish(problem: BatchNormProblem, residual: Floats | null, bits: Uint8Array | null, output: Floats): void {
  const size = problem.rows * problem.c
  if (residual !== null) for (let i = 0; i < size; i++) output[i] += residual[i]
  if (!problem.relu) return
  for (let i = 0; i < size; i++) output[i] = Math.max(0, output[i])
  bits?.fill(0)
  if (bits !== null) for (let i = 0; i < size; i++) if (!(output[i] <= 0)) bits[i >> 3] |= 1 << (i & 7)
}

/** Element `i` of the gradient that reaches the normalized values: 0 where ReLU let nothing pass. */
function passed(gradOutput: Floats, bits: Uint8Array | null, i: number): number {
  return bits === null || (bits[i >> 3] >> (i & 7)) & 1 ? gradOutput[i] : 0
}

/** Writes channel `c` of `output = (input − mean) · rstd · weight + bias`. */
function normalize(
  problem: BatchNormProblem,
  c: number,
  input: Floats,
  mean: number,
  rstd: number,
  weight: Floats | null,
  bias: Floats | null,
  output: Floats,
): void {
  const { rows, c: C } = problem
  const scale = weight === null ? 1 : weight[c]
  const shift = bias === null ? 0 : bias[c]
  for (let r = 0; r < rows; r++) output[r * C + c] = (input[r * C + c] - mean) * rstd * scale + shift
}

/**
 * Backward of the training form. With `x̂ = (input − mean) · rstd`:
 *
 * `gradBias = Σ gradOutput`, `gradWeight = Σ gradOutput · x̂`,
 * `gradInput = weight · rstd · (gradOutput − gradBias / rows − x̂ · gradWeight / rows)`,
 *
 * the last two terms being what flows through the mean and through the variance. Under ReLU, `gradOutput` counts where its
 * bit is set and is 0 elsewhere; that is `gradResidual` as well. `gradInput` may be `gradOutput`.
 */
export function batchNormBackward(
  problem: BatchNormProblem,
  input: Floats,
  gradOutput: Floats,
  savedMean: Floats,
  savedRstd: Floats,
  weight: Floats | null,
  bits: Uint8Array | null,
  gradInput: Floats,
  gradWeight: Floats | null,
  gradBias: Floats | null,
  gradResidual: Floats | null,
): void {
  const { rows, c: C } = problem
  for (let c = 0; c < C; c++) {
    const mean = savedMean[c]
    const rstd = savedRstd[c]
    const [sum, dot] = channelSums(problem, c, input, gradOutput, bits, mean, rstd)
    const scale = weight === null ? 1 : weight[c]
    for (let r = 0; r < rows; r++) {
      const normalized = (input[r * C + c] - mean) * rstd
      const grad = passed(gradOutput, bits, r * C + c)
      if (gradResidual !== null) gradResidual[r * C + c] = grad
      gradInput[r * C + c] = scale * rstd * (grad - sum / rows - (normalized * dot) / rows)
    }
    if (gradWeight !== null) gradWeight[c] = dot
    if (gradBias !== null) gradBias[c] = sum
  }
}

/** `[Σ gradOutput, Σ gradOutput · (input − mean) · rstd]` of channel `c`. */
function channelSums(
  problem: BatchNormProblem,
  c: number,
  input: Floats,
  gradOutput: Floats,
  bits: Uint8Array | null,
  mean: number,
  rstd: number,
): [sum: number, dot: number] {
  const { rows, c: C } = problem
  let sum = 0
  let dot = 0
  for (let r = 0; r < rows; r++) {
    const grad = passed(gradOutput, bits, r * C + c)
    sum += grad
    dot += grad * (input[r * C + c] - mean) * rstd
  }
  return [sum, dot]
}

/** Evaluation form: the training form's map with the given `mean` and `variance`, `[c]`, in place of the batch's. */
export function batchNormEvalForward(
  problem: BatchNormProblem,
  input: Floats,
  mean: Floats,
  variance: Floats,
  weight: Floats | null,
  bias: Floats | null,
  residual: Floats | null,
  bits: Uint8Array | null,
  output: Floats,
): void {
  for (let c = 0; c < problem.c; c++) {
    normalize(problem, c, input, mean[c], 1 / Math.sqrt(variance[c] + problem.eps), weight, bias, output)
  }
  finish(problem, residual, bits, output)
}

/**
 * Backward of the evaluation form, where mean and variance are constants: `gradInput = gradOutput · rstd · weight`,
 * `gradWeight = Σ gradOutput · (input − mean) · rstd`, `gradBias = Σ gradOutput`; ReLU and residual as in training.
 */
export function batchNormEvalBackward(
  problem: BatchNormProblem,
  input: Floats,
  gradOutput: Floats,
  mean: Floats,
  variance: Floats,
  weight: Floats | null,
  bits: Uint8Array | null,
  gradInput: Floats,
  gradWeight: Floats | null,
  gradBias: Floats | null,
  gradResidual: Floats | null,
): void {
  const { rows, c: C, eps } = problem
  for (let c = 0; c < C; c++) {
    const rstd = 1 / Math.sqrt(variance[c] + eps)
    const [sum, dot] = channelSums(problem, c, input, gradOutput, bits, mean[c], rstd)
    const scale = weight === null ? 1 : weight[c]
    for (let r = 0; r < rows; r++) {
      const grad = passed(gradOutput, bits, r * C + c)
      if (gradResidual !== null) gradResidual[r * C + c] = grad
      gradInput[r * C + c] = grad * rstd * scale
    }
    if (gradWeight !== null) gradWeight[c] = dot
    if (gradBias !== null) gradBias[c] = sum
  }
}
