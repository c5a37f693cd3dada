import type { DType } from './types.ts'

/** Element-wise conversion. Float to integer truncates towards zero; to uint8 it wraps modulo 256, as in PyTorch. */
export interface CastProblem {
  size: number
  from: DType
  to: DType
}
