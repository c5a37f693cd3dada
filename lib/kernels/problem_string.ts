import { FormatError } from '../util/errors.ts'
import { grouped } from './optimizer_fields.ts'
import type { Value, Values } from './problem_field.ts'
import { fields, type ProblemOp, type Problems } from './problem_fields.ts'

export type { ProblemOp, Problems } from './problem_fields.ts'

function equal(a: Value, b: Value): boolean {
  return Array.isArray(a) && Array.isArray(b) ? a.join() === b.join() : a === b
}

/**
 * The string that names a problem in test titles, trace lines and filters: letters and numbers in a fixed order, as in
 * `n32ic64ih56oc128kh3sh1ph1`, lists as `2x3`, then words and flags after underscores, as in `rows64c10_mean`. Parts that
 * follow from the others (a square's second side, stride and padding of the other dimension, the output size, dense
 * strides) or have their usual value are left out. Problems of several groups are theirs, joined by plus signs.
 */
export function printProblem<Op extends ProblemOp>(op: Op, problem: Problems[Op]): string {
  if (!grouped.has(op)) return printValues(op, problem as unknown as Values)
  return (problem as unknown as { groups: Values[] }).groups.map((group) => printValues(op, group)).join('+')
}

function printValues(op: ProblemOp, values: Values): string {
  let numbers = ''
  let words = ''
  for (const { name, key, kind, fallback, always } of fields[op]) {
    const value = values[name]
    if (kind === 'word') words += `_${value}`
    else if (kind === 'flag') words += value ? `_${key}` : ''
    else if (always || !fallback || !equal(value, fallback(values))) {
      numbers += key + (kind === 'list' ? (value as readonly number[]).join('x') : value)
    }
  }
  return numbers + words
}

/**
 * The problem that a string of {@link printProblem} names.
 *
 * @throws {FormatError} when a part is unknown, given twice or missing
 */
export function parseProblem<Op extends ProblemOp>(op: Op, text: string): Problems[Op] {
  if (!grouped.has(op)) return parseValues(op, text) as unknown as Problems[Op]
  // A plus sign before a digit belongs to an exponent.
  const groups = text.split(/\+(?!\d)/).map((part) => parseValues(op, part))
  return { groups } as unknown as Problems[Op]
}

function parseValues(op: ProblemOp, text: string): Values {
  const fail = (expected: string): never => {
    throw new FormatError(
      `problem: expected ${expected}, got "${text}"; ${op} takes ${fields[op].map(({ key }) => key).join(' ')}`,
    )
  }
  const [numbers, ...words] = text.split('_')
  const parts = new Map<string, string>()
  const rest = numbers.replace(
    /([a-z]+)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:x-?\d+)*)/g,
    (_, key: string, value: string) => {
      if (parts.has(key)) fail(`each part once (${key} comes twice)`)
      parts.set(key, value)
      return ''
    },
  )
  if (rest !== '') fail(`letters and numbers by turns, then words after underscores (no "${rest}")`)
  const values: Values = {}
  for (const { name, key, kind, fallback, words: allowed } of fields[op]) {
    if (kind === 'flag') {
      values[name] = words[0] === key
      if (values[name]) words.shift()
    } else if (kind === 'word') {
      if (!allowed?.includes(words[0])) fail(`_${name}, one of ${allowed?.join(' ')}`)
      values[name] = words.shift()!
    } else if (parts.has(key)) {
      const items = parts.get(key)!.split('x').map(Number)
      if (kind === 'number' && items.length > 1) fail(`one number after ${key}`)
      values[name] = kind === 'list' ? items : items[0]
      parts.delete(key)
    } else values[name] = fallback ? fallback(values) : fail(`a part ${key}`)
  }
  const unknown = [...parts.keys(), ...words]
  if (unknown.length > 0) fail(`only parts of ${op} (no "${unknown[0]}")`)
  return values
}
