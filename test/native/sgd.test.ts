import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { SgdProblem } from '../../lib/reference/index.ts'
import { sgd } from '../cases/sgd.ts'
import { inout, input, type KernelCall, list, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Every operation is rounded as the reference rounds it: equal bits on every instruction set. */
function calls(problem: SgdProblem): KernelCall[] {
  const params = problem.sizes.map((size, p) => inout(uniform(size, 3 * p + 1), 'exact'))
  const grads = problem.sizes.map((size, p) => input(uniform(size, 3 * p + 2)))
  const buffers = problem.sizes.map((size, p) => inout(uniform(size, 3 * p + 3), 'exact'))
  const args = [plain(problem), list(params), list(grads), list(problem.momentum === 0 ? [] : buffers)]
  return [{ kernel: 'sgdStep', title: printProblem('sgd', problem), args }]
}

describeCases(sgd, calls)

const problems = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ lr: fc.constantFrom(0.1, 0.003, 1), momentum: fc.constantFrom(0, 0.9, 0.5) },
  ...{ dampening: fc.constantFrom(0, 0.1), weightDecay: fc.constantFrom(0, 5e-4, 0.1) },
  ...{ nesterov: fc.boolean(), maximize: fc.boolean(), first: fc.boolean() },
})
itHoldsForRandom('sgd', problems, calls, 200)
