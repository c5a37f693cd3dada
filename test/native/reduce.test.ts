import fc from 'fast-check'
import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { ReduceProblem } from '../../lib/reference/index.ts'
import { reduce } from '../cases/reduce.ts'
import { checkCalls, input, type KernelCall, output, outputLike, plain, type Tolerance } from '../support/check_op.ts'
import { integersBelow, sumError, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Extrema are exact; a sum is off relative to its absolute terms, a variance to its own (positive) ones. */
function toleranceOf({ op, size }: ReduceProblem): Tolerance {
  if (op === 'sum' || op === 'mean') return { terms: size }
  return op === 'var' ? { rtol: 4 * sumError(size), atol: 1e-12 } : 'exact'
}

function callOver(problem: ReduceProblem, data: Float32Array): KernelCall {
  const size = problem.outer * problem.inner
  const tolerance = toleranceOf(problem)
  const result = problem.op.startsWith('arg') ? outputLike(new Int32Array(size), tolerance) : output(size, tolerance)
  return { kernel: 'reduce', title: printProblem('reduce', problem), args: [plain(problem), input(data), result] }
}

const lengthOf = ({ outer, size, inner }: ReduceProblem): number => outer * size * inner

/** Over numbers that hardly repeat and over a few whole ones, where extrema tie. */
function calls(problem: ReduceProblem): KernelCall[] {
  const ties = Float32Array.from(integersBelow(4, lengthOf(problem), 2), (value) => value - 1)
  return [callOver(problem, uniform(lengthOf(problem), 1)), callOver(problem, ties)]
}

describeCases(reduce, calls)

const ops = ['sum', 'mean', 'var', 'max', 'min', 'argmax', 'argmin'] as const
const problems = fc.record({
  op: fc.constantFrom(...ops),
  outer: fc.integer({ min: 1, max: 5 }),
  size: fc.integer({ min: 2, max: 80 }),
  inner: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
  correction: fc.constantFrom(0, 1),
})
itHoldsForRandom('reduce', problems, calls, 300)

for (const op of ops) {
  it(`passes on NaN and infinities: ${op}`, () => {
    const values = [1, Number.NaN, Infinity, -Infinity, 0, 2, 3, -1]
    for (const shape of ['outer9size21', 'outer3size7inner18']) {
      const problem = parseProblem('reduce', `${shape}_${op}`)
      const at = integersBelow(2000, lengthOf(problem), 7)
      // Some lines hold a NaN, some two, most none; half of the rest have an infinity.
      const data = Float32Array.from(at, (i) =>
        i < 60 ? values[1] : i < 90 ? values[2] : values[i % 8 < 3 ? 0 : i % 8],
      )
      checkCalls([callOver(problem, data)], backends())
    }
  })
}

it('finds a variance of 1e-4 around a mean of 1000', () => {
  for (const shape of ['outer1size4096', 'outer1size4096inner5']) {
    const problem = parseProblem('reduce', `${shape}correction1_var`)
    const data = uniform(lengthOf(problem), 9, 1000 - 0.0173, 1000 + 0.0173)
    const result = output(problem.inner, { rtol: 2e-3, atol: 0 })
    checkCalls([{ kernel: 'reduce', title: shape, args: [plain(problem), input(data), result] }], backends())
  }
})
