import { DTypeError, RangeError } from './errors.ts'

/** What a caller passed, as an error message shows it. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `an object of class ${value.constructor?.name ?? 'Object'}`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

/**
 * Checks a hyper-parameter that may be any real number.
 *
 * @throws {RangeError} when it is not a finite number.
 */
export function checkFinite(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RangeError(`${op}: expected ${name} to be a finite number, got ${describe(value)}`)
  }
  return value
}

/**
 * Checks a hyper-parameter of at least 0.
 *
 * @throws {RangeError} when it is negative or not finite.
 */
export function checkNonNegative(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0) || value === Number.POSITIVE_INFINITY) {
    throw new RangeError(`${op}: expected ${name} to be a finite number of at least 0, got ${describe(value)}`)
  }
  return value
}

/**
 * Checks a probability or a mixing factor.
 *
 * @throws {RangeError} when it lies outside [0, 1].
 */
export function checkUnitInterval(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw new RangeError(`${op}: expected ${name} to lie between 0 and 1, got ${describe(value)}`)
  }
  return value
}

/**
 * Checks an integer with a lower bound.
 *
 * @throws {RangeError} when it is fractional, not finite or below `least`.
 */
export function checkInteger(op: string, name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${op}: expected ${name} to be an integer of at least ${least}, got ${describe(value)}`)
  }
  return value
}

/**
 * Checks a switch.
 *
 * @throws {DTypeError} when it is neither `true` nor `false`.
 */
export function checkBoolean(op: string, name: string, value: boolean): boolean {
  if (typeof value !== 'boolean') {
    throw new DTypeError(`${op}: expected ${name} to be true or false, got ${describe(value)}`)
  }
  return value
}

/** One number for both spatial dimensions, or one for each: `[height, width]`. */
export type Pair = number | readonly [number, number] | readonly number[]

/**
 * Expands a {@link Pair} into its two numbers.
 *
 * @throws {RangeError} when a number is fractional or below `least`.
 * @throws {DTypeError} when it is neither a number nor a pair.
 */
export function toPair(op: string, name: string, value: Pair, least: number): [number, number] {
  if (typeof value === 'number') {
    checkInteger(op, name, value, least)
    return [value, value]
  }
  if (!Array.isArray(value) || value.length !== 2) {
    throw new DTypeError(`${op}: expected ${name} to be a number or [height, width], got ${describe(value)}`)
  }
  return [checkInteger(op, `${name}[0]`, value[0], least), checkInteger(op, `${name}[1]`, value[1], least)]
}

/**
 * Checks that a string is one of those allowed.
 *
 * @throws {RangeError} naming the allowed ones.
 */
export function checkChoice<T extends string>(op: string, name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    const list = allowed.map((item) => JSON.stringify(item)).join(', ')
    throw new RangeError(`${op}: expected ${name} to be one of ${list}, got ${describe(value)}`)
  }
  return value
}

/**
 * Refuses options that do not exist, so that a misspelt or not yet supported one never passes unnoticed.
 *
 * @throws {RangeError} naming the option and those there are.
 */
export function checkOptions(op: string, options: object, allowed: readonly string[]): void {
  for (const key in options) {
    if (!allowed.includes(key)) {
      throw new RangeError(`${op}: expected options ${allowed.join(', ')}, got ${JSON.stringify(key)}`)
    }
  }
}
