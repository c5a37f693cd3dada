import fc from 'fast-check'
import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { AvgPoolProblem } from '../../lib/reference/index.ts'
import { avgPool } from '../cases/avg_pool.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { poolFields } from '../support/pool_problems.ts'

function calls(problem: AvgPoolProblem, image = uniform(pixels(problem), 1)): KernelCall[] {
  const title = printProblem('avg_pool', problem)
  const terms = problem.kd * problem.kh * problem.kw
  const [small, large] = [output(windows(problem), { terms }), output(pixels(problem), { terms })]
  return [
    { kernel: 'avgPoolForward', title, args: [plain(problem), input(image), small] },
    { kernel: 'avgPoolBackward', title, args: [plain(problem), input(uniform(windows(problem), 2)), large] },
  ]
}

describeCases(
  avgPool,
  (problem) => calls(problem),
  (problem) => ({ ...problem, n: 1, c: Math.min(problem.c, 20) }),
)

it('passes on NaN and infinities', () => {
  const problem = parseProblem('avg_pool', 'n2c19ih9kh3sh2ph1')
  const image = uniform(pixels(problem), 1)
  image[100] = Number.NaN
  image[700] = Infinity
  checkCalls(calls(problem, image), backends())
})

const problems = fc
  .tuple(poolFields([1]), fc.boolean(), fc.constantFrom(0, 0, 1, 7))
  .map(([{ ceil: _, dd: _d, dh: _h, dw: _w, ...fields }, excludePad, divisor]): AvgPoolProblem => {
    return { ...fields, excludePad, divisor }
  })

itHoldsForRandom('avg_pool', problems, (problem) => calls(problem), 200)
