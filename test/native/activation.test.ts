import fc from 'fast-check'
import { it } from 'vitest'
import { type Problems, parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type Activation, activationForward, activations } from '../../lib/reference/index.ts'
import { activation } from '../cases/activation.ts'
import { checkCalls, inout, input, type KernelCall, output, plain, same } from '../support/check_op.ts'
import { ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

type Problem = Problems['activation']

/** Whose derivative is read off the output. */
const keepsOutput = ({ op, a }: Problem): boolean =>
  ['selu', 'celu', 'sigmoid', 'tanh', 'softsign', 'hardsigmoid', 'hardtanh'].includes(op) ||
  (['leakyRelu', 'elu'].includes(op) && a >= 0)

/** The largest number that stands before an exponential, by which absolute errors grow. */
const scaleOf = ({ op, a }: Problem): number => (['elu', 'celu', 'leakyRelu'].includes(op) ? 1 + Math.abs(a) : 2)

/** Functions that round an argument of `e^` before they take it, which costs the result a few roundings for each of its units. */
const TAILS: Activation[] = ['gelu', 'geluTanh', 'softplus']

/** A few roundings of each value. */
function valueError({ op, a, b }: Problem, data: Float32Array): Float64Array {
  const values = new Float64Array(data.length)
  activationForward(op, a, b, data.length, Float64Array.from(data), values)
  return values.map((value) => {
    const exponent = TAILS.includes(op) && value !== 0 ? Math.max(0, -Math.log(Math.abs(value))) : 0
    // An exponential below 2⁻¹²⁶ is flushed to 0 before it is multiplied by its argument, at most 2⁷ there.
    return (8 + 3 * exponent) * ROUNDING * Math.abs(value) + 2 ** -119
  })
}

/**
 * Both passes, apart and in place. Values are good to a few roundings of themselves; derivatives to a few of the larger of
 * themselves and 1, as they are differences.
 */
function callsOver(problem: Problem, data: Float32Array): KernelCall[] {
  const { op, a, b } = problem
  const size = data.length
  const title = printProblem('activation', { ...problem, size })
  const first = [plain(op), plain(a), plain(b), plain(size)]
  const gradOutput = uniform(size, 2)
  const value = { error: valueError(problem, data) }
  const kept = keepsOutput(problem) ? new Float32Array(size) : data
  if (kept !== data) activationForward(op, a, b, size, data, kept)
  const gradient = { rtol: 8 * ROUNDING, atol: 6 * ROUNDING * scaleOf(problem) }
  const forward = 'activationForward'
  const backward = 'activationBackward'
  return [
    { kernel: forward, title, args: [...first, input(data), output(size, value)] },
    { kernel: forward, title: `in place ${title}`, args: [...first, inout(data, value), same(4)] },
    { kernel: backward, title, args: [...first, input(kept), input(gradOutput), output(size, gradient)] },
    {
      kernel: backward,
      title: `in place ${title}`,
      args: [...first, input(kept), inout(gradOutput, gradient), same(5)],
    },
  ]
}

/** Numbers around 0, where derivatives change, and far from it, where exponentials leave the range of float32. */
const calls = (problem: Problem): KernelCall[] => [
  ...callsOver(problem, uniform(problem.size, 1, -6, 6)),
  ...callsOver(problem, uniform(problem.size, 3, -60, 60)),
]

describeCases(activation, calls, (problem) => ({ ...problem, size: Math.min(problem.size, 20_001) }))

const anyProblem = fc.record({
  ...{ size: fc.integer({ min: 1, max: 400 }), op: fc.constantFrom(...activations) },
  a: fc.constantFrom(0.01, 0.5, 1, 3),
  b: fc.constantFrom(4, 20),
})
itHoldsForRandom('activation', anyProblem, (problem) => callsOver(problem, uniform(problem.size, 5, -9, 9)), 60)

const parameters: Partial<Record<Activation, string>> = {
  leakyRelu: 'a0.2',
  elu: 'a1.5',
  celu: 'a0.5',
  softplus: 'a2b5',
  hardtanh: 'a-1b1',
}

for (const op of activations) {
  it(`passes on NaN, infinities, zeros, corners and large numbers: ${op}`, () => {
    const values = [
      Number.NaN,
      Infinity,
      -Infinity,
      0,
      -0,
      3,
      -3,
      1,
      -1,
      88,
      -89,
      -105,
      3e38,
      -3e38,
      1e20,
      -1e-30,
      1e-6,
    ]
    const data = Float32Array.from({ length: 35 }, (_, i) => values[i % values.length])
    checkCalls(callsOver(parseProblem('activation', `size35${parameters[op] ?? ''}_${op}`), data), backends())
  })
}

it('reads the derivative off an input where the slope is negative: elu', () => {
  const problem = parseProblem('activation', 'size4a-0.5_elu')
  checkCalls(callsOver(problem, Float32Array.of(Number.NaN, -2, 2, 0)), backends())
})
