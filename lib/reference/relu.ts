import type { Floats } from './types.ts'

/** `output[i] = max(0, input[i])`; a NaN stays one. `output` may be `input`. */
export function reluForward(size: number, input: Floats, output: Floats): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(0, input[i])
}

/** `gradInput[i] = output[i] > 0 ? gradOutput[i] : 0`; where the output is NaN the gradient passes, as in PyTorch. */
export function reluBackward(size: number, output: Floats, gradOutput: Floats, gradInput: Floats): void {
  for (let i = 0; i < size; i++) gradInput[i] = output[i] <= 0 ? 0 : gradOutput[i]
}

/**
 * `output[i] = max(0, input[i] + residual[i])`. Bit `i % 8` of `bits[⌊i / 8⌋]` is 1 where `output[i]` is not 0. `output` may
 * be one of the inputs.
 */
export function reluBitsForward(
  size: number,
  input: Floats,
  residual: Floats | null,
  output: Floats,
  bits: Uint8Array | null,
): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(0, residual === null ? input[i] : input[i] + residual[i])
  bits?.fill(0)
  if (bits !== null) for (let i = 0; i < size; i++) if (!(output[i] <= 0)) bits[i >> 3] |= 1 << (i & 7)
}

/** {@link reluBackward} from the bits of forward. */
export function reluBitsBackward(size: number, bits: Uint8Array, gradOutput: Floats, gradInput: Floats): void {
  for (let i = 0; i < size; i++) gradInput[i] = (bits[i >> 3] >> (i & 7)) & 1 ? gradOutput[i] : 0
}
