import fc from 'fast-check'
import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import {
  type PointwiseLossProblem,
  pointwiseLossBackward,
  pointwiseLosses,
  pointwiseLossForward,
} from '../../lib/reference/index.ts'
import { pointwiseLoss } from '../cases/pointwise_loss.ts'
import { type Argument, checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

const LOGS = ['bce', 'bceWithLogits', 'klDiv', 'klDivLog']

/** Inputs and targets where a loss is defined, and where all of its branches are taken. */
function dataFor({ op, size }: PointwiseLossProblem): [Float32Array, Float32Array] {
  if (op === 'bce') return [uniform(size, 1, 0, 1), uniform(size, 2, 0, 1)]
  if (op === 'bceWithLogits') return [uniform(size, 1, -30, 30), uniform(size, 2, 0, 1).map(nearest)]
  if (op === 'klDiv') return [uniform(size, 1, -8, 0), uniform(size, 2, 0, 1)]
  if (op === 'klDivLog') return [uniform(size, 1, -8, 0), uniform(size, 2, -8, 0)]
  return [uniform(size, 1, -2, 2), uniform(size, 2, -2, 2)]
}

/** Every other target is 0 or 1. */
const nearest = (t: number, i: number): number => (i % 2 === 0 ? Math.round(t) : t)

/**
 * Both passes. An error is one of the losses' own terms, whose sum may be smaller: for each element a few roundings of
 * the largest of its terms, with the derivatives as those of the target.
 */
function callsOver(
  problem: PointwiseLossProblem,
  [data, target]: [Float32Array, Float32Array],
  [weight, posWeight]: (Float32Array | null)[],
): KernelCall[] {
  const { size, each, divisor } = problem
  const weighted = weight === null ? (posWeight === null ? '' : 'posWeight ') : posWeight === null ? 'weight ' : 'both '
  const title = weighted + printProblem('pointwise_loss', problem)
  const read = [input(data), input(target), input(weight), input(posWeight)]
  const first = plain(problem)
  const losses = each ? size : 1
  const gradLoss = uniform(losses, 4)
  const scale = 4 + Math.abs(problem.a) + (LOGS.includes(problem.op) ? 100 : 0)
  const error = { rtol: 16 * ROUNDING, atol: (4 * ROUNDING * scale * (each ? 1 : size)) / (each ? 1 : divisor) }
  const wanted = (kind: 0 | 1): Argument => {
    const exact = new Float64Array(size)
    const wide = [data, target, weight, posWeight].map((array) => array && Float64Array.from(array))
    const [a, b, c, d] = wide as [Float64Array, Float64Array, Float64Array | null, Float64Array | null]
    const grad = Float64Array.from(gradLoss, Math.abs)
    pointwiseLossBackward(problem, a, b, c, d, grad, kind === 0 ? exact : null, kind === 1 ? exact : null)
    const one = (each ? 1 : 1 / divisor) * ROUNDING
    // bce divides by x (1 − x), which is as good as 1 − x itself.
    const bound = exact.map((value) => 24 * ROUNDING * Math.abs(value) + 12 * one * scale)
    return output(size, { error: bound })
  }
  const none = input(null)
  const backward = 'pointwiseLossBackward'
  return [
    { kernel: 'pointwiseLossForward', title, args: [first, ...read, output(losses, error)] },
    { kernel: backward, title, args: [first, ...read, input(gradLoss), wanted(0), wanted(1)] },
    { kernel: backward, title: `input ${title}`, args: [first, ...read, input(gradLoss), wanted(0), none] },
    { kernel: backward, title: `target ${title}`, args: [first, ...read, input(gradLoss), none, wanted(1)] },
  ]
}

function calls(problem: PointwiseLossProblem): KernelCall[] {
  const data = dataFor(problem)
  const row = (seed: number): Float32Array => uniform(problem.width, seed, 0.5, 3)
  const sets: (Float32Array | null)[][] = [[null, null]]
  if (problem.op === 'bce') sets.push([row(5), null])
  if (problem.op === 'bceWithLogits') sets.push([row(5), null], [null, row(6)], [row(5), row(6)])
  return sets.flatMap((weights) => callsOver(problem, data, weights))
}

describeCases(pointwiseLoss, calls, (problem) => {
  const size = Math.min(problem.size, 20_001)
  return { ...problem, size, width: size, divisor: size }
})

const problems = fc
  .record({
    ...{ rows: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 70 }), each: fc.boolean() },
    ...{ op: fc.constantFrom(...pointwiseLosses), a: fc.constantFrom(0.25, 1, 2.5) },
  })
  .map(({ rows, width, ...rest }) => ({ ...rest, size: rows * width, width, divisor: rows * width }))
itHoldsForRandom('pointwise_loss', problems, calls, 40)

it('follows the hard cases by hand', () => {
  const values = [1e4, -1e4, 88, -88, 0, -0, Infinity, -Infinity, Number.NaN, 1e-30]
  const [data, target] = [new Float32Array(40), new Float32Array(40)]
  for (let i = 0; i < 40; i++) {
    data[i] = values[i % values.length]
    target[i] = [0, 1, 0.5, 1e-3][Math.floor(i / values.length)]
  }
  for (const op of ['bceWithLogits', 'mse', 'l1', 'smoothL1', 'huber'] as const) {
    const problem = parseProblem('pointwise_loss', `size40_${op}_each`)
    const loss = new Float64Array(40)
    pointwiseLossForward(problem, data, target, null, null, loss)
    const bound = loss.map((value) => 8 * ROUNDING * Math.abs(value))
    const args = [plain(problem), input(data), input(target), input(null), input(null), output(40, { error: bound })]
    checkCalls([{ kernel: 'pointwiseLossForward', title: op, args }], backends())
  }
  // Certain probabilities, right and wrong: at most 100 each.
  const sure = parseProblem('pointwise_loss', 'size6_bce_each')
  const probabilities = Float32Array.of(0, 0, 1, 1, 1e-30, 1e-8)
  checkCalls(callsOver(sure, [probabilities, Float32Array.of(0, 1, 0, 1, 1, 0)], [null, null]).slice(0, 1), backends())
})
