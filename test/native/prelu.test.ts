import fc from 'fast-check'
import { it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { PreluProblem } from '../../lib/reference/index.ts'
import { prelu } from '../cases/prelu.ts'
import { checkCalls, inout, input, type KernelCall, output, plain, same } from '../support/check_op.ts'
import { sumError, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** One product an element is exact; the gradient of a weight is a sum over the rows. */
function callsOver(problem: PreluProblem, data: Float32Array): KernelCall[] {
  const size = data.length
  const title = printProblem('prelu', problem)
  const [first, x, weight] = [plain(problem), input(data), input(uniform(problem.c, 2, -0.5, 1))]
  const gradOutput = uniform(size, 3)
  const exact = output(size, 'exact')
  const magnitudes = new Float64Array(problem.c)
  data.forEach((value, i) => {
    magnitudes[i % problem.c] += Math.abs(value * gradOutput[i])
  })
  const gradWeight = output(problem.c, { error: magnitudes.map((total) => sumError(problem.rows) * total) })
  return [
    { kernel: 'preluForward', title, args: [first, x, weight, exact] },
    { kernel: 'preluForward', title: `in place ${title}`, args: [first, inout(data, 'exact'), weight, same(1)] },
    { kernel: 'preluBackward', title, args: [first, x, weight, input(gradOutput), exact, input(null)] },
    {
      kernel: 'preluBackward',
      title: `in place ${title}`,
      args: [first, x, weight, inout(gradOutput, 'exact'), same(3), input(null)],
    },
    {
      kernel: 'preluBackward',
      title: `weight ${title}`,
      args: [first, x, weight, input(gradOutput), exact, gradWeight],
    },
  ]
}

const calls = (problem: PreluProblem): KernelCall[] => callsOver(problem, uniform(problem.rows * problem.c, 1))

describeCases(prelu, calls, ({ rows, c }) => ({ rows: Math.min(rows, 5000), c }))
itHoldsForRandom(
  'prelu',
  fc.record({ rows: fc.integer({ min: 1, max: 300 }), c: fc.integer({ min: 1, max: 70 }) }),
  calls,
  30,
)

it('passes on NaN and infinities', () => {
  const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1]
  const data = Float32Array.from({ length: 35 }, (_, i) => values[i % values.length])
  const problem = { rows: 7, c: 5 }
  checkCalls(callsOver(problem, data).slice(0, 4), backends())
})
