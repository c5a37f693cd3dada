import type { AnyArray, DType } from './types.ts'

/** Element-wise conversion. Float to integer truncates towards zero; to uint8 it wraps modulo 256, as in PyTorch. */
export interface CastProblem {
  size: number
  from: DType
  to: DType
}

/**
 * `output[i] = input[i]` in another element type.
 *
 * Integers that do not fit wrap modulo the target's range. A float whose truncation does not fit an integer type, NaN
 * included, becomes that type's lowest value, which is what x86 conversion instructions give; for uint8, which goes
 * through int64, that is 0.
 */
export function cast(problem: CastProblem, input: AnyArray, output: AnyArray): void {
  const { size, from, to } = problem
  for (let i = 0; i < size; i++) {
    const value = input[i]
    if (to === 'float32') output[i] = typeof value === 'bigint' ? bigintToFloat(value) : value
    else if (typeof value === 'bigint' || from !== 'float32') output[i] = wrap(BigInt(value), to)
    else output[i] = wrap(truncate(value, to === 'int32' ? 32 : 64), to)
  }
}

/** Truncates towards zero to a signed integer of `bits` bits; its lowest value for what does not fit. */
function truncate(value: number, bits: number): bigint {
  const limit = 2 ** (bits - 1)
  const whole = Math.trunc(value)
  return whole >= -limit && whole < limit ? BigInt(whole) : BigInt(-limit)
}

/** The low bits of a whole number as an element of an integer array: a bigint for int64, else a number. */
function wrap(value: bigint, to: DType): never {
  if (to === 'int64') return BigInt.asIntN(64, value) as never
  return Number(to === 'int32' ? BigInt.asIntN(32, value) : BigInt.asUintN(8, value)) as never
}

/**
 * A number that rounds to the float32 nearest to `value`. Beyond 2⁵³ a plain `Number(value)` rounds once and the store
 * to float32 a second time, which can miss by one; folding the low 11 bits into one sticky bit keeps the first step exact.
 */
function bigintToFloat(value: bigint): number {
  const magnitude = value < 0n ? -value : value
  if (magnitude < 2n ** 53n) return Number(value)
  const sticky = (magnitude >> 11n) | ((magnitude & 0x7ffn) === 0n ? 0n : 1n)
  return (value < 0n ? -1 : 1) * Number(sticky) * 2048
}
