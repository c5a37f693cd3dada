import { checkInteger, describe } from './check.ts'
import { DTypeError, RangeError } from './errors.ts'

/** One number for every spatial dimension, or one for each, the outermost first: `[depth, height, width]`. */
export type AxisSizes = number | readonly number[]

// What a list of that many numbers stands for, in error messages.
const LISTS = ['', '[length]', '[height, width]', '[depth, height, width]']

/** Windows, steps and paddings are counted in 32-bit numbers, sums of several among them. */
const MOST = 2 ** 29

function checkSize(op: string, name: string, value: number, least: number): void {
  checkInteger(op, name, value, least)
  if (value > MOST) throw new RangeError(`${op}: expected ${name} to be at most 2^29, got ${value}`)
}

/**
 * Expands {@link AxisSizes} into one number for each of `rank` spatial dimensions.
 *
 * @throws {RangeError} when a number is fractional, below `least` or above 2²⁹.
 * @throws {DTypeError} when it is neither a number nor a list of `rank` numbers.
 */
export function toSizes(op: string, name: string, value: AxisSizes, least: number, rank: number): number[] {
  if (typeof value === 'number') {
    checkSize(op, name, value, least)
    return rank === 2 ? [value, value] : rank === 1 ? [value] : [value, value, value]
  }
  if (!Array.isArray(value) || value.length !== rank) {
    throw new DTypeError(`${op}: expected ${name} to be a number or ${LISTS[rank]}, got ${describe(value)}`)
  }
  for (let i = 0; i < rank; i++) {
    // The name is put together only for the error.
    if (!(Number.isSafeInteger(value[i]) && value[i] >= least && value[i] <= MOST))
      checkSize(op, `${name}[${i}]`, value[i], least)
  }
  return [...value]
}
