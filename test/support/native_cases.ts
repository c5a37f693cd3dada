import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { type ProblemOp, type Problems, parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { CaseSet } from '../cases/case_set.ts'
import { guardedBackends, nativeBackends } from './backends.ts'
import { checkCalls, type KernelCall, type NamedBackend } from './check_op.ts'

/** The calls that cover every kernel of an op for one problem. */
export type CallsOf<Op extends ProblemOp> = (problem: Problems[Op]) => KernelCall[]

const cached = new Map<ConvPrecision, NamedBackend[]>()
const cachedGuarded = new Map<ConvPrecision, NamedBackend[]>()

/** The native backends, made once for all tests of a file. */
export function backends(precision: ConvPrecision = 'fast'): NamedBackend[] {
  const known = cached.get(precision) ?? nativeBackends(precision)
  cached.set(precision, known)
  return known
}

/** Likewise with all memory against pages that may not be touched. */
function guarded(precision: ConvPrecision): NamedBackend[] {
  const known = cachedGuarded.get(precision) ?? guardedBackends(precision)
  cachedGuarded.set(precision, known)
  return known
}

/**
 * One test for each case of an op: the native kernels against the reference.
 *
 * @param cut makes a layer of a real model small enough for the reference, by its batch
 */
export function describeCases<Op extends ProblemOp>(
  set: CaseSet<Op>,
  calls: CallsOf<Op>,
  cut: (problem: Problems[Op]) => Problems[Op] = (problem) => problem,
  precision: ConvPrecision = 'fast',
): void {
  const problems = new Map<string, Problems[Op]>()
  for (const [name, text] of Object.entries(set.edges)) problems.set(name, parseProblem(set.op, text))
  for (const [name, text] of Object.entries(set.layers)) problems.set(`layer ${name}`, cut(parseProblem(set.op, text)))
  describe(`${set.op} against the reference${precision === 'fast' ? '' : `, ${precision}`}`, () => {
    for (const [name, problem] of problems) {
      it(`${name} ${printProblem(set.op, problem)}`, () => checkCalls(calls(problem), backends(precision)))
    }
    for (const [name, text] of Object.entries(set.edges)) {
      it(`${name} ${text}, between guard pages`, () => {
        checkCalls(calls(parseProblem(set.op, text)), guarded(precision), [2])
      })
    }
  })
}

/** One test over random problems, the same ones in every run; a failure shrinks to the string of a small problem. */
export function itHoldsForRandom<Op extends ProblemOp>(
  op: Op,
  problems: fc.Arbitrary<Problems[Op]>,
  calls: CallsOf<Op>,
  numRuns: number,
  precision: ConvPrecision = 'fast',
  what = 'problems',
): void {
  it(`${op}: ${numRuns} random ${what}${precision === 'fast' ? '' : `, ${precision}`}`, () => {
    const texts = problems.map((problem) => printProblem(op, problem))
    const property = fc.property(texts, (text) => checkCalls(calls(parseProblem(op, text)), backends(precision)))
    fc.assert(property, { numRuns, seed: 20_240_607 })
  })
}
