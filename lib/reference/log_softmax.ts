import type { Floats } from './types.ts'

/** Softmax and log-softmax over the middle of a dense `[outer, size, inner]` buffer. */
export interface SoftmaxProblem {
  outer: number
  size: number
  inner: number
}

/** Calls `visit` with the flat position of each of the `size` elements of every line along the middle dimension. */
function forEachLine(problem: SoftmaxProblem, visit: (at: (s: number) => number) => void): void {
  for (let o = 0; o < problem.outer; o++) {
    for (let i = 0; i < problem.inner; i++) visit((s) => (o * problem.size + s) * problem.inner + i)
  }
}

/** `log Σ_s exp(input[s])` of one line, with the maximum taken out first so that no exponential overflows. */
function logSumExp(size: number, input: Floats, at: (s: number) => number): number {
  let max = -Infinity
  for (let s = 0; s < size; s++) max = Math.max(max, input[at(s)])
  let sum = 0
  for (let s = 0; s < size; s++) sum += Math.exp(input[at(s)] - max)
  return max + Math.log(sum)
}

/** `output[o, s, i] = exp(input[o, s, i]) / Σ_t exp(input[o, t, i])`. */
export function softmaxForward(problem: SoftmaxProblem, input: Floats, output: Floats): void {
  forEachLine(problem, (at) => {
    const lse = logSumExp(problem.size, input, at)
    for (let s = 0; s < problem.size; s++) output[at(s)] = Math.exp(input[at(s)] - lse)
  })
}

/** `gradInput[s] = output[s] · (gradOutput[s] − Σ_t gradOutput[t] · output[t])` along each line. */
export function softmaxBackward(problem: SoftmaxProblem, output: Floats, gradOutput: Floats, gradInput: Floats): void {
  forEachLine(problem, (at) => {
    let dot = 0
    for (let s = 0; s < problem.size; s++) dot += gradOutput[at(s)] * output[at(s)]
    for (let s = 0; s < problem.size; s++) gradInput[at(s)] = output[at(s)] * (gradOutput[at(s)] - dot)
  })
}

/** `output[o, s, i] = input[o, s, i] − log Σ_t exp(input[o, t, i])`. */
export function logSoftmaxForward(problem: SoftmaxProblem, input: Floats, output: Floats): void {
  forEachLine(problem, (at) => {
    const lse = logSumExp(problem.size, input, at)
    for (let s = 0; s < problem.size; s++) output[at(s)] = input[at(s)] - lse
  })
}

/** `gradInput[s] = gradOutput[s] − exp(output[s]) · Σ_t gradOutput[t]` along each line. */
export function logSoftmaxBackward(
  problem: SoftmaxProblem,
  output: Floats,
  gradOutput: Floats,
  gradInput: Floats,
): void {
  forEachLine(problem, (at) => {
    let sum = 0
    for (let s = 0; s < problem.size; s++) sum += gradOutput[at(s)]
    for (let s = 0; s < problem.size; s++) gradInput[at(s)] = gradOutput[at(s)] - Math.exp(output[at(s)]) * sum
  })
}
