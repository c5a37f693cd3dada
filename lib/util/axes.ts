import { checkInteger, describe } from './check.ts'
import { DTypeError } from './errors.ts'

/** One number for every spatial dimension, or one for each, the outermost first: `[depth, height, width]`. */
export type AxisSizes = number | readonly number[]

// What a list of that many numbers stands for, in error messages.
const LISTS = ['', '[length]', '[height, width]', '[depth, height, width]']

/**
 * Expands {@link AxisSizes} into one number for each of `rank` spatial dimensions.
 *
 * @throws {RangeError} when a number is fractional or below `least`.
 * @throws {DTypeError} when it is neither a number nor a list of `rank` numbers.
 */
export function toSizes(op: string, name: string, value: AxisSizes, least: number, rank: number): number[] {
  if (typeof value === 'number') {
    checkInteger(op, name, value, least)
    return rank === 2 ? [value, value] : rank === 1 ? [value] : [value, value, value]
  }
  if (!Array.isArray(value) || value.length !== rank) {
    throw new DTypeError(`${op}: expected ${name} to be a number or ${LISTS[rank]}, got ${describe(value)}`)
  }
  for (let i = 0; i < rank; i++) {
    // The name is put together only for the error.
    if (!(Number.isSafeInteger(value[i]) && value[i] >= least)) checkInteger(op, `${name}[${i}]`, value[i], least)
  }
  return [...value]
}
