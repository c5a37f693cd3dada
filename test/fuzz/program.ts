import type { DType } from '../../lib/index.ts'

/** What the numbers of a leaf are drawn from. */
export type Fill = 'signed' | 'positive' | 'unit' | 'ties' | 'wild' | number

/** A tensor that a program starts with; its numbers follow from `seed`. */
export interface Leaf {
  shape: readonly number[]
  seed: number
  /** `float32` by default. */
  dtype?: DType
  /** Even in [-1, 1], in [0.5, 2], in [0, 1], few values that come often, or specials; a number: integers below it. */
  fill?: Fill
  grad?: boolean
  /** How its elements lie in memory, row-major by default. */
  layout?: 'transposed' | 'channelsLast' | 'stepped' | 'offset'
}

/** One call: the function's name and its arguments, as JSON; see {@link decode} for what texts with `$` or `#` mean. */
export type Step = readonly [op: string, ...args: readonly unknown[]]

/** Calls of the public API, each with leaves or results of earlier calls among its arguments. */
export interface Program {
  leaves: readonly Leaf[]
  steps: readonly Step[]
  /** Whether the gradients of the leaves are computed from the results of all steps. */
  backward?: boolean
}

/** An argument that stands for leaf or result number `i`, leaves first. */
export const ref = (i: number): string => `$${i}`

const specials: Readonly<Record<string, unknown>> = {
  '#undefined': undefined,
  '#NaN': Number.NaN,
  '#Infinity': Number.POSITIVE_INFINITY,
  '#-Infinity': Number.NEGATIVE_INFINITY,
  '#-0': -0,
  '#bigint': 3n,
  '#function': () => 1,
  '#symbol': Symbol('fuzz'),
  '#date': new Date(0),
  '#array': new Float32Array(3),
}

/** Names of the arguments that JSON has no words for. */
export const specialNames: readonly string[] = Object.keys(specials)

/** What an argument stands for: `$2` is value number 2, `$2.1` part 1 of it, `#NaN` a number, all else itself. */
export function decode(arg: unknown, values: readonly unknown[]): unknown {
  if (typeof arg === 'string') {
    const found = /^\$(\d+)(?:\.(\d+))?$/.exec(arg)
    if (found === null) return Object.hasOwn(specials, arg) ? specials[arg] : arg
    const value = values[Number(found[1])]
    return found[2] === undefined ? value : (value as readonly unknown[] | undefined)?.[Number(found[2])]
  }
  if (Array.isArray(arg)) return arg.map((item) => decode(item, values))
  if (typeof arg !== 'object' || arg === null) return arg
  return Object.fromEntries(Object.entries(arg).map(([key, value]) => [key, decode(value, values)]))
}

/** The problem string of a program: one line that `npm run fuzz -- --problem` takes. */
export function printProgram(program: Program): string {
  return JSON.stringify(program)
}

/** The program that a string of {@link printProgram} stands for. */
export function parseProgram(text: string): Program {
  return JSON.parse(text) as Program
}
