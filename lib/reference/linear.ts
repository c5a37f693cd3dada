import type { Floats } from './types.ts'

/** `output[n, oc] = bias[oc] + Σ_ic input[n, ic] · weight[oc, ic]`, all dense and row-major. */
export interface LinearProblem {
  n: number
  ic: number
  oc: number
}

/** `output[n, oc] = bias[oc] + Σ_ic input[n, ic] · weight[oc, ic]`. */
export function linearForward(
  problem: LinearProblem,
  input: Floats,
  weight: Floats,
  bias: Floats | null,
  output: Floats,
): void {
  const { n: N, ic: IC, oc: OC } = problem
  for (let n = 0; n < N; n++) {
    for (let oc = 0; oc < OC; oc++) {
      let total = bias === null ? 0 : bias[oc]
      for (let ic = 0; ic < IC; ic++) total += input[n * IC + ic] * weight[oc * IC + ic]
      output[n * OC + oc] = total
    }
  }
}

/** `gradInput[n, ic] = Σ_oc gradOutput[n, oc] · weight[oc, ic]`. */
export function linearBackwardInput(
  problem: LinearProblem,
  gradOutput: Floats,
  weight: Floats,
  gradInput: Floats,
): void {
  const { n: N, ic: IC, oc: OC } = problem
  for (let n = 0; n < N; n++) {
    for (let ic = 0; ic < IC; ic++) {
      let total = 0
      for (let oc = 0; oc < OC; oc++) total += gradOutput[n * OC + oc] * weight[oc * IC + ic]
      gradInput[n * IC + ic] = total
    }
  }
}

/** `gradWeight[oc, ic] = Σ_n gradOutput[n, oc] · input[n, ic]`, `gradBias[oc] = Σ_n gradOutput[n, oc]`. */
export function linearBackwardWeight(
  problem: LinearProblem,
  input: Floats,
  gradOutput: Floats,
  gradWeight: Floats,
  gradBias: Floats | null,
): void {
  const { n: N, ic: IC, oc: OC } = problem
  for (let oc = 0; oc < OC; oc++) {
    for (let ic = 0; ic < IC; ic++) {
      let total = 0
      for (let n = 0; n < N; n++) total += gradOutput[n * OC + oc] * input[n * IC + ic]
      gradWeight[oc * IC + ic] = total
    }
    if (gradBias !== null) {
      let total = 0
      for (let n = 0; n < N; n++) total += gradOutput[n * OC + oc]
      gradBias[oc] = total
    }
  }
}
