/** What a field of a problem holds. */
export type Value = number | string | boolean | readonly number[]
/** A problem by the names of its fields. */
export type Values = Record<string, Value>

/** One part of a problem string. */
export interface Field {
  /** Property of the problem. */
  name: string
  /** What stands before the number; words and flags stand alone. */
  key: string
  kind: 'number' | 'list' | 'word' | 'flag'
  /** What a word may be. */
  words?: readonly string[]
  /** What an absent field means; fields without it are required. Computed from the fields before it. */
  fallback?: (values: Values) => Value
  /** Printed even when it equals its fallback. */
  always: boolean
}

/** What an absent field means: a value, or a function of the fields before it. */
export type Fallback = Value | ((values: Values) => Value)

function field(
  kind: Field['kind'],
  name: string,
  key: string,
  fallback?: Fallback,
  always = fallback === undefined,
): Field {
  return {
    kind,
    name,
    key,
    always,
    fallback: typeof fallback === 'function' ? fallback : fallback === undefined ? undefined : () => fallback,
  }
}

/** A number behind its own name. */
export const number = (name: string, fallback?: Fallback, always?: boolean): Field =>
  field('number', name, name, fallback, always)
/** A number behind a shorter key. */
export const short = (name: string, key: string, fallback?: Fallback): Field => field('number', name, key, fallback)
/** Numbers joined by `x`. */
export const list = (name: string, key: string, fallback?: Fallback): Field => field('list', name, key, fallback)
/** One of some words. */
export const word = (name: string, words: readonly string[]): Field => ({ ...field('word', name, name), words })
/** A word that stands for true. */
export const flag = (name: string, key = name): Field => field('flag', name, key, false)
/** The value of a field before. */
export const same =
  (name: string) =>
  (values: Values): Value =>
    values[name]
