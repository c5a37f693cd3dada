import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { logSoftmaxForward, type SoftmaxProblem, softmaxForward } from '../../lib/reference/index.ts'
import { logSoftmax } from '../cases/log_softmax.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** `combine` over each line, from `start`, given back at every element of the line. */
function alongLines(
  { size, inner }: SoftmaxProblem,
  values: Float64Array,
  start: number,
  combine: (sofar: number, value: number) => number,
): Float64Array {
  const line = (i: number): number => Math.floor(i / (size * inner)) * inner + (i % inner)
  const results = new Float64Array(values.length / size).fill(start)
  values.forEach((value, i) => {
    results[line(i)] = combine(results[line(i)], value)
  })
  return values.map((_, i) => results[line(i)])
}

const sum = (a: number, b: number): number => a + b

/**
 * Softmax and log-softmax, both passes. The logarithm of each element is `(x − max) − log Σ exp(x − max)`: its error is relative
 * to the distance from the largest logit and does not grow with the logits themselves. It is an absolute error of the
 * log-softmax and a relative one of the softmax.
 */
function callsOver(problem: SoftmaxProblem, data: Float32Array): KernelCall[] {
  const title = printProblem('log_softmax', problem)
  const length = data.length
  const gradOutput = uniform(length, 2)
  const soft = new Float32Array(length)
  const logSoft = new Float32Array(length)
  softmaxForward(problem, data, soft)
  logSoftmaxForward(problem, data, logSoft)
  const relative = sumError(problem.size) + 8 * ROUNDING * (1 + Math.log(problem.size))
  const largest = alongLines(problem, Float64Array.from(data), -Infinity, Math.max)
  const logError = largest.map((max, i) => relative + 8 * ROUNDING * (max - data[i]))
  const softError = logError.map((error, i) => error * soft[i])
  const dots = alongLines(
    problem,
    Float64Array.from(soft, (y, i) => y * Math.abs(gradOutput[i])),
    0,
    sum,
  )
  const softGradError = dots.map((dot, i) => 2 * relative * soft[i] * (Math.abs(gradOutput[i]) + dot))
  const sums = alongLines(problem, Float64Array.from(gradOutput, Math.abs), 0, sum)
  const logGradError = sums.map((total, i) => 2 * relative * (Math.abs(gradOutput[i]) + soft[i] * total))
  const [first, grad] = [plain(problem), input(gradOutput)]
  return [
    { kernel: 'softmaxForward', title, args: [first, input(data), output(length, { error: softError })] },
    { kernel: 'softmaxBackward', title, args: [first, input(soft), grad, output(length, { error: softGradError })] },
    { kernel: 'logSoftmaxForward', title, args: [first, input(data), output(length, { error: logError })] },
    {
      kernel: 'logSoftmaxBackward',
      title,
      args: [first, input(logSoft), grad, output(length, { error: logGradError })],
    },
  ]
}

const calls = (problem: SoftmaxProblem): KernelCall[] =>
  callsOver(problem, uniform(problem.outer * problem.size * problem.inner, 1, -10, 10))

describeCases(logSoftmax, calls, (problem) => ({ ...problem, outer: Math.min(problem.outer, 9) }))

for (const text of ['outer3size9', 'outer2size5inner19']) {
  const problem = parseProblem('log_softmax', text)
  const size = problem.outer * problem.size * problem.inner

  it(`keeps its precision where all logits are large: ${text}`, () => {
    checkCalls(callsOver(problem, uniform(size, 3, 990, 1010)), backends())
    checkCalls(callsOver(problem, uniform(size, 3, -1010, -990)), backends())
  })

  it(`survives logits that overflow exp and lines with -Infinity: ${text}`, () => {
    const far = uniform(size, 3, -1000, 1000)
    const infinite = far.map((value, i) => (i % 4 === 1 ? -Infinity : value / 100))
    // Backward passes take finite outputs.
    const forward = (data: Float32Array): KernelCall[] =>
      callsOver(problem, data).filter(({ kernel }) => kernel.endsWith('Forward'))
    checkCalls([...forward(far), ...forward(infinite)], backends())
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
