import fc from 'fast-check'
import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type Argmax, type MaxPoolProblem, maxPoolForward } from '../../lib/reference/index.ts'
import { maxPool, pixels, windows } from '../cases/max_pool.ts'
import { absent, checkCalls, input, type KernelCall, output, outputLike, plain } from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { windowFields } from '../support/pool_problems.ts'

/** Forward with and without argmax, which is exact, and backward, where overlapping windows add up. */
function callsOver(problem: MaxPoolProblem, image: Float32Array): KernelCall[] {
  const title = printProblem('max_pool', problem)
  const size = windows(problem)
  const winners = (): Argmax => (problem.positions ? new Int32Array(size) : new Uint8Array(size))
  const argmax = winners()
  maxPoolForward(problem, image, new Float32Array(size), argmax)
  const gradInput = output(image.length, { terms: problem.kd * problem.kh * problem.kw })
  return [
    ...[outputLike(winners(), 'exact'), absent].map((won): KernelCall => {
      const args = [plain(problem), input(image), output(size, 'exact'), won]
      return { kernel: 'maxPoolForward', title, args }
    }),
    { kernel: 'maxPoolBackward', title, args: [plain(problem), input(uniform(size, 2)), input(argmax), gradInput] },
  ]
}

/** Over numbers that hardly repeat and over few different ones, so that most windows hold ties. */
function calls(problem: MaxPoolProblem): KernelCall[] {
  const ties = Float32Array.from(integersBelow(3, pixels(problem), 3), (value) => value - 2)
  return [...callsOver(problem, uniform(pixels(problem), 1)), ...callsOver(problem, ties)]
}

describeCases(maxPool, calls, (problem) => ({ ...problem, n: 1, c: Math.min(problem.c, 20) }))

it('passes on NaN and infinities', () => {
  for (const text of [
    'n2c19ih9kh3sh2ph1',
    'n2c19ih9kh3sh2ph1_relu',
    'n2c5id3ih4kd2kh2sd1sh2ph1',
    'n2c19ih9kh3sh2ph1_positions',
  ]) {
    const problem = parseProblem('max_pool', text)
    const values = [Number.NaN, -Infinity, -Infinity, -Infinity, Infinity, 0, -1, 2]
    const image = Float32Array.from(integersBelow(values.length, pixels(problem), 5), (i) => values[i])
    checkCalls(callsOver(problem, image), backends())
    checkCalls(callsOver(problem, image.fill(-Infinity)), backends())
  }
})

it('finds no winner in padding alone', () => {
  for (const text of [
    'n2c19ih1kh1kw2sh1ph0pw1dw2',
    'n2c19ih1kh1kw2sh1ph0pw1dw2_relu',
    'n2c5id1ih3iw2kd2kh2sd1sh1pd1ph0dd2_positions',
  ]) {
    const problem = parseProblem('max_pool', text)
    checkCalls(callsOver(problem, uniform(pixels(problem), 1)), backends())
  }
})

const problems = fc
  .tuple(windowFields, fc.boolean(), fc.boolean())
  .map(([{ ceil: _, ...fields }, positions, relu]): MaxPoolProblem => ({ ...fields, positions, relu }))

itHoldsForRandom('max_pool', problems, calls, 200)
