import type { Floats } from './types.ts'

/** `output[i] = max(0, input[i])`; a NaN stays one. `output` may be `input`. */
export function reluForward(size: number, input: Floats, output: Floats): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(0, input[i])
}

/** `gradInput[i] = output[i] > 0 ? gradOutput[i] : 0`; where the output is NaN the gradient passes, as in PyTorch. */
export function reluBackward(size: number, output: Floats, gradOutput: Floats, gradInput: Floats): void {
  for (let i = 0; i < size; i++) gradInput[i] = output[i] <= 0 ? 0 : gradOutput[i]
}
