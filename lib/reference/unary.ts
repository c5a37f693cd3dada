import type { Floats } from './types.ts'

/** Element-wise functions of one argument; each maps a dense buffer onto one of the same layout. */
export type UnaryOp = 'neg' | 'abs' | 'exp' | 'log' | 'sqrt' | 'square' | 'reciprocal' | 'sign' | 'floor'

const functions: Record<UnaryOp, (value: number) => number> = {
  neg: (value) => -value,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (value) => value * value,
  reciprocal: (value) => 1 / value,
  // 0 for NaN, as in PyTorch.
  sign: (value) => (value > 0 ? 1 : value < 0 ? -1 : 0),
  floor: Math.floor,
}

/** `output[i] = op(input[i])`; `output` may be `input`. */
export function unary(op: UnaryOp, size: number, input: Floats, output: Floats): void {
  const apply = functions[op]
  for (let i = 0; i < size; i++) output[i] = apply(input[i])
}
