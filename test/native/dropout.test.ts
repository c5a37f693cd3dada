import fc from 'fast-check'
import { it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { DropoutProblem } from '../../lib/reference/index.ts'
import { philoxWords } from '../../lib/reference/random.ts'
import { dropout } from '../cases/dropout.ts'
import { checkCalls, inout, input, type KernelCall, output, plain, same } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Apart and in place; the mask is the same to the last element, and every operation rounds to float32. */
function calls(problem: DropoutProblem): KernelCall[] {
  const data = uniform(problem.n * problem.spatial * problem.c, 1)
  const title = printProblem('dropout', problem)
  return [
    { kernel: 'dropout', title, args: [plain(problem), input(data), output(data.length, 'exact')] },
    { kernel: 'dropout', title: `in place ${title}`, args: [plain(problem), inout(data, 'exact'), same(1)] },
  ]
}

describeCases(dropout, calls, (problem) => ({
  ...problem,
  n: Math.min(problem.n, 64),
  spatial: Math.min(problem.spatial, 70),
}))

/** The factor that keeps the mean, and nothing else. */
const inverted = <T extends { p: number }>(problem: T) => ({
  ...problem,
  ...{ scale: problem.p === 1 ? 0 : 1 / (1 - problem.p), shift: 0, dropped: 0 },
})

const problems = fc
  .record({
    ...{
      n: fc.integer({ min: 1, max: 5 }),
      spatial: fc.integer({ min: 1, max: 20 }),
      c: fc.integer({ min: 1, max: 40 }),
    },
    ...{ p: fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9, 1), channelwise: fc.boolean() },
    seed: fc.constantFrom(0, 1, 0xffffffff, 2 ** 32, Number.MAX_SAFE_INTEGER),
    // Near 2³² the low word of the counter carries within a register.
    offset: fc.oneof(fc.nat(1000), fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 5 })),
  })
  .map(inverted)
itHoldsForRandom('dropout', problems, calls, 200)

it('keeps the element whose word is the threshold itself', () => {
  const word = philoxWords(8, 3, 0)[5]
  const problem = inverted({ n: 1, spatial: 1, c: 8, p: word / 2 ** 32, channelwise: false, seed: 3, offset: 0 })
  checkCalls(calls(problem), backends())
})
