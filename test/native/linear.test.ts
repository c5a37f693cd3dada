import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { LinearProblem } from '../../lib/reference/index.ts'
import { linear } from '../cases/linear.ts'
import { absent, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** All three passes, with and without bias. Every result is a sum of products. */
function calls(problem: LinearProblem): KernelCall[] {
  const { n, ic, oc } = problem
  const title = printProblem('linear', problem)
  const rows = uniform(n * ic, 1)
  const weight = uniform(oc * ic, 2)
  const gradOutput = uniform(n * oc, 3)
  return [
    ...[input(uniform(oc, 4)), absent].map((bias): KernelCall => {
      const args = [plain(problem), input(rows), input(weight), bias, output(n * oc, { terms: ic + 1 })]
      return { kernel: 'linearForward', title, args }
    }),
    {
      kernel: 'linearBackwardInput',
      title,
      args: [plain(problem), input(gradOutput), input(weight), output(n * ic, { terms: oc })],
    },
    ...[output(oc, { terms: n }), absent].map((gradBias): KernelCall => {
      const args = [plain(problem), input(rows), input(gradOutput), output(oc * ic, { terms: n }), gradBias]
      return { kernel: 'linearBackwardWeight', title, args }
    }),
  ]
}

describeCases(linear, calls, (problem) => ({ ...problem, n: Math.min(problem.n, 7) }))

const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 70 }))
itHoldsForRandom('linear', fc.record({ n: size, ic: size, oc: size }), calls, 300)

// A product of no columns once ended the process with a division by the width of no panel.
const few = fc.integer({ min: 0, max: 3 })
itHoldsForRandom('linear', fc.record({ n: few, ic: few, oc: few }), calls, 60)
