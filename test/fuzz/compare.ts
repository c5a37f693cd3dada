import { LIMIT } from '../../lib/cli/crosscheck/check.ts'
import type { Backend } from '../../lib/kernels/backend.ts'
import type { Program } from './program.ts'
import { type Outcome, type Result, runProgram } from './run_program.ts'

/** Results below the normal numbers of float32 are flushed to 0 by one side only, and their neighbours suffer with them. */
const TINY = 2 ** -120

/**
 * What cancellation leaves of numbers up to about 4 where the reference has next to nothing; a norm divides that by the root
 * of its eps, down to 1 / 316.
 */
const CANCELLED = 2 ** -20
const NORMED = 316 * CANCELLED

/** What a result may be off by for its rounding alone. */
function limitFor(program: Program, dtype: string, largest: number): number {
  if (dtype !== 'float32') return 0
  const normed = largest < NORMED && program.steps.some(([op]) => /norm/i.test(op))
  return LIMIT * largest + (normed ? NORMED : CANCELLED) + TINY
}

const isWild = (program: Program): boolean => program.leaves.some(({ fill }) => fill === 'wild')

/** The largest difference of two numbers' lists, NaN and infinities at the same places set aside; and the largest number. */
function distance(got: Result, want: Result): { difference: number; largest: number } {
  let difference = 0
  let largest = 0
  for (let i = 0; i < want.values.length; i++) {
    const [g, w] = [Number(got.values[i]), Number(want.values[i])]
    if (Object.is(g, w) || g === w) {
      if (Number.isFinite(w)) largest = Math.max(largest, Math.abs(w))
      continue
    }
    const step = Math.abs(g - w)
    difference = Math.max(difference, Number.isNaN(step) ? Number.POSITIVE_INFINITY : step)
    if (Number.isFinite(w)) largest = Math.max(largest, Math.abs(w))
  }
  return { difference, largest }
}

/** Numbers that small errors of the leaves change the reference's own results by, for each result. */
function sensitivity(program: Program, reference: Backend, want: Outcome): number[] {
  const most = want.results.map(() => 0)
  for (const seed of [101, 202, 303, 404]) {
    const { results } = runProgram(program, reference, seed)
    results.forEach((result, i) => {
      if (want.results[i] !== undefined) most[i] = Math.max(most[i], distance(result, want.results[i]).difference)
    })
  }
  return most
}

function describeError({ error }: Outcome): string {
  return error === null ? 'no error' : `${error.name} "${error.message}"`
}

/** In what the two outcomes differ but for their numbers; empty when in nothing. */
function structure(got: Outcome, want: Outcome): string {
  if (describeError(got) !== describeError(want)) {
    return `expected ${describeError(want)} as on the reference, got ${describeError(got)}`
  }
  for (const [i, result] of want.results.entries()) {
    const other = got.results[i]
    const shape = `${result.dtype} [${result.shape}]`
    if (`${other?.dtype} [${other?.shape}]` !== shape) {
      return `${result.what}: expected ${shape} as on the reference, got ${other?.dtype} [${other?.shape}]`
    }
  }
  return got.results.length === want.results.length ? '' : 'another number of results than on the reference'
}

/**
 * What differs between the outcomes of a program on a backend and on the reference; empty when nothing does.
 *
 * A result may be off by {@link LIMIT} of its largest number, as in `strided crosscheck`; where sums cancel, by eight
 * times what errors of 2⁻²¹ in the leaves make of the reference's own result. Of programs with NaN, infinities and huge
 * numbers only errors, shapes and types are compared: float32 overflows where the reference's float64 does not.
 */
export function differences(program: Program, got: Outcome, want: Outcome, reference: Backend): string {
  const other = structure(got, want)
  if (other !== '' || isWild(program)) return other
  let allowed: number[] | null = null
  for (const [i, result] of want.results.entries()) {
    const { difference, largest } = distance(got.results[i], result)
    const limit = limitFor(program, result.dtype, largest)
    if (difference <= limit) continue
    allowed ??= sensitivity(program, reference, want)
    if (difference <= limit + 8 * allowed[i]) continue
    return `${result.what}: off by ${difference} with numbers up to ${largest}, ${limit + 8 * allowed[i]} is allowed`
  }
  return ''
}

/** What differs between two runs of a program on one backend, bit by bit; empty when nothing does. */
export function otherBits(first: Outcome, second: Outcome): string {
  if (describeError(first) !== describeError(second)) return `${describeError(first)} and then ${describeError(second)}`
  for (const [i, { what, values }] of first.results.entries()) {
    const other = second.results[i].values
    for (let j = 0; j < values.length; j++) {
      if (!Object.is(values[j], other[j])) return `${what}[${j}]: ${values[j]} and then ${other[j]}`
    }
  }
  return ''
}
