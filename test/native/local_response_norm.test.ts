import fc from 'fast-check'
import { it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { LocalResponseNormProblem } from '../../lib/reference/index.ts'
import { localResponseNorm } from '../cases/local_response_norm.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/**
 * Both passes. All terms of a denominator are positive, so its rounding is that of a sum; the power multiplies it by the exponent
 * and adds the rounding of the logarithm, which is relative to the larger of it and 1.
 */
function callsOver(problem: LocalResponseNormProblem, data: Float32Array): KernelCall[] {
  const { rows, c, size, alpha, beta, k } = problem
  const gradOutput = uniform(rows * c, 2)
  const denominators = Float64Array.from(data, (_, i) => {
    const [row, channel] = [Math.floor(i / c), i % c]
    let squares = 0
    for (let j = Math.max(0, channel - Math.floor(size / 2)); j <= channel + Math.floor((size - 1) / 2) && j < c; j++) {
      squares += data[row * c + j] ** 2
    }
    return k + (alpha / size) * squares
  })
  const power = (d: number): number => d ** -beta
  const relative = (d: number): number =>
    Math.abs(beta) * (sumError(size) + 8 * ROUNDING * (1 + Math.abs(Math.log(d)))) + 8 * ROUNDING
  const outputError = Float64Array.from(
    data,
    (x, i) => Math.abs(x) * power(denominators[i]) * relative(denominators[i]),
  )
  const sums = new Float64Array(rows * c)
  data.forEach((x, i) => {
    const d = denominators[i]
    const term = (Math.abs(gradOutput[i] * x) * power(d) * (relative(d) + sumError(size))) / d
    const channel = i % c
    for (let j = Math.max(0, channel - Math.floor(size / 2)); j <= channel + Math.floor((size - 1) / 2) && j < c; j++) {
      sums[i - channel + j] += term
    }
  })
  const factor = Math.abs((2 * alpha * beta) / size)
  const gradError = Float64Array.from(data, (x, i) => {
    const own = Math.abs(gradOutput[i]) * power(denominators[i]) * relative(denominators[i])
    return own + factor * Math.abs(x) * sums[i]
  })
  const title = printProblem('local_response_norm', problem)
  const first = [plain(problem), input(data)]
  return [
    { kernel: 'localResponseNormForward', title, args: [...first, output(rows * c, { error: outputError })] },
    {
      kernel: 'localResponseNormBackward',
      title,
      args: [...first, input(gradOutput), output(rows * c, { error: gradError })],
    },
  ]
}

const calls = (problem: LocalResponseNormProblem): KernelCall[] =>
  callsOver(problem, uniform(problem.rows * problem.c, 1, -3, 3))

describeCases(localResponseNorm, calls, (problem) => ({ ...problem, rows: Math.min(problem.rows, 1100) }))

const problems = fc.record({
  rows: fc.integer({ min: 1, max: 20 }),
  c: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: 1, max: 9 }),
  alpha: fc.constantFrom(1e-4, 0.5, 2),
  beta: fc.constantFrom(0.5, 0.75, 1),
  k: fc.constantFrom(1, 2),
})
itHoldsForRandom('local_response_norm', problems, calls, 100)

it('damps large values without overflow before the power', () => {
  const problem = { rows: 3, c: 20, size: 5, alpha: 1, beta: 0.75, k: 1 }
  checkCalls(callsOver(problem, uniform(60, 3, -1e12, 1e12)), backends())
})
