import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { logSoftmaxForward, type SoftmaxProblem, softmaxForward } from '../../lib/reference/index.ts'
import { logSoftmax } from '../cases/log_softmax.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** Sums of `terms` along each line, given back at every element of the line. */
function lineSums({ outer, size, inner }: SoftmaxProblem, terms: Float64Array): Float64Array {
  const sums = new Float64Array(outer * inner)
  const line = (i: number): number => Math.floor(i / (size * inner)) * inner + (i % inner)
  terms.forEach((term, i) => {
    sums[line(i)] += term
  })
  return terms.map((_, i) => sums[line(i)])
}

/**
 * Softmax and log-softmax, both passes. A rounding of the logarithm, up to the largest input plus log size, is an
 * absolute error of the log-softmax and a relative one of the softmax.
 */
function callsOver(problem: SoftmaxProblem, data: Float32Array): KernelCall[] {
  const title = printProblem('log_softmax', problem)
  const length = data.length
  const gradOutput = uniform(length, 2)
  const soft = new Float32Array(length)
  const logSoft = new Float32Array(length)
  softmaxForward(problem, data, soft)
  logSoftmaxForward(problem, data, logSoft)
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const log = sumError(problem.size) + 8 * ROUNDING * (1 + largest + Math.log(problem.size))
  const dots = lineSums(
    problem,
    Float64Array.from(soft, (y, i) => y * Math.abs(gradOutput[i])),
  )
  const softError = dots.map((dot, i) => 2 * sumError(problem.size) * soft[i] * (Math.abs(gradOutput[i]) + dot))
  const sums = lineSums(problem, Float64Array.from(gradOutput, Math.abs))
  const logError = sums.map((sum, i) => 2 * sumError(problem.size) * (Math.abs(gradOutput[i]) + soft[i] * sum) + 0)
  const first = plain(problem)
  return [
    { kernel: 'softmaxForward', title, args: [first, input(data), output(length, { rtol: log, atol: 0 })] },
    {
      kernel: 'softmaxBackward',
      title,
      args: [first, input(soft), input(gradOutput), output(length, { error: softError })],
    },
    { kernel: 'logSoftmaxForward', title, args: [first, input(data), output(length, { rtol: 0, atol: log })] },
    {
      kernel: 'logSoftmaxBackward',
      title,
      args: [first, input(logSoft), input(gradOutput), output(length, { error: logError })],
    },
  ]
}

const calls = (problem: SoftmaxProblem): KernelCall[] =>
  callsOver(problem, uniform(problem.outer * problem.size * problem.inner, 1, -10, 10))

describeCases(logSoftmax, calls, (problem) => ({ ...problem, outer: Math.min(problem.outer, 9) }))

for (const text of ['outer3size9', 'outer2size5inner19']) {
  it(`survives logits that overflow exp and lines with infinities: ${text}`, () => {
    const problem = parseProblem('log_softmax', text)
    const size = problem.outer * problem.size * problem.inner
    const large = uniform(size, 3, -1, 1).map((value) => 1000 * value)
    const infinite = large.map((value, i) => (i % 4 === 1 ? -Infinity : value / 100))
    for (const data of [large, infinite]) {
      // Backward takes the outputs as they come; an infinite one has no gradient worth a bound.
      const forward = callsOver(problem, data).filter(({ kernel }) => kernel.endsWith('Forward'))
      const bounded = forward.map((call) => ({
        ...call,
        args: call.args.with(2, output(size, { rtol: 1e-4, atol: 1e-4 })),
      }))
      checkCalls(bounded, backends())
    }
  })
}

it('gives NaN for a line of -Infinity and for one with Infinity', () => {
  const problem = { outer: 2, size: 3, inner: 1 }
  const data = Float32Array.from([-Infinity, -Infinity, -Infinity, 1, Infinity, 2])
  const nan = output(6, { rtol: 0, atol: 0 })
  const kernels = ['softmaxForward', 'logSoftmaxForward'] as const
  for (const kernel of kernels) {
    checkCalls([{ kernel, title: 'NaN', args: [plain(problem), input(data), nan] }], backends())
  }
})
