import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type AdaptiveMaxPoolProblem, adaptiveMaxPoolForward } from '../../lib/reference/index.ts'
import { adaptiveMaxPool } from '../cases/adaptive_max_pool.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { absent, checkCalls, input, type KernelCall, output, outputLike, plain } from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { resizeFields } from '../support/pool_problems.ts'

/** Forward with and without positions, which is exact, and backward, where overlapping windows add up. */
function callsOver(problem: AdaptiveMaxPoolProblem, image: Float32Array): KernelCall[] {
  const { id, ih, iw, od, oh, ow } = problem
  const title = printProblem('adaptive_max_pool', problem)
  const size = windows(problem)
  const positions = new Int32Array(size)
  adaptiveMaxPoolForward(problem, image, new Float32Array(size), positions)
  const most = (from: number, to: number): number => Math.ceil(from / to) + 1
  const gradInput = output(image.length, { terms: most(od, id) * most(oh, ih) * most(ow, iw) })
  return [
    ...[outputLike(new Int32Array(size), 'exact'), absent].map((won): KernelCall => {
      const args = [plain(problem), input(image), output(size, 'exact'), won]
      return { kernel: 'adaptiveMaxPoolForward', title, args }
    }),
    {
      kernel: 'adaptiveMaxPoolBackward',
      title,
      args: [plain(problem), input(uniform(size, 2)), input(positions), gradInput],
    },
  ]
}

/** Over numbers that hardly repeat and over few different ones, so that most windows hold ties. */
function calls(problem: AdaptiveMaxPoolProblem): KernelCall[] {
  const ties = Float32Array.from(integersBelow(3, pixels(problem), 3), (value) => value - 2)
  return [...callsOver(problem, uniform(pixels(problem), 1)), ...callsOver(problem, ties)]
}

describeCases(adaptiveMaxPool, calls, (problem) => ({ ...problem, n: 1, c: Math.min(problem.c, 20) }))

it('passes on NaN and infinities', () => {
  const problem = parseProblem('adaptive_max_pool', 'n2c19ih9oh4')
  const values = [Number.NaN, -Infinity, -Infinity, -Infinity, Infinity, 0, -1, 2]
  const image = Float32Array.from(integersBelow(values.length, pixels(problem), 5), (i) => values[i])
  checkCalls(callsOver(problem, image), backends())
  checkCalls(callsOver(problem, image.fill(-Infinity)), backends())
})

itHoldsForRandom('adaptive_max_pool', resizeFields, calls, 150)
