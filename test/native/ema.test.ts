import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { EmaProblem } from '../../lib/reference/index.ts'
import { ema } from '../cases/ema.ts'
import { inout, input, type KernelCall, list, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Every operation is rounded as the reference rounds it: equal bits on every instruction set. */
function calls(problem: EmaProblem): KernelCall[] {
  const averages = problem.sizes.map((size, t) => inout(uniform(size, 2 * t + 1), 'exact'))
  const values = problem.sizes.map((size, t) => input(uniform(size, 2 * t + 2)))
  const title = printProblem('ema', problem)
  return [{ kernel: 'emaStep', title, args: [plain(problem), list(averages), list(values)] }]
}

describeCases(ema, calls, ({ sizes, decay }) => ({ sizes: sizes.map((size) => Math.min(size, 600)), decay }))

const problems = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  decay: fc.constantFrom(0, 0.5, 0.999, 1),
})
itHoldsForRandom('ema', problems, calls, 60)
