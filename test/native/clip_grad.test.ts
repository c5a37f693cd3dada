import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import { type ClipGradProblem, clipGradNorm } from '../../lib/reference/index.ts'
import { clipGrad } from '../cases/clip_grad.ts'
import { checkCalls, inout, type KernelCall, list, output, plain } from '../support/check_op.ts'
import { ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

// Squares and sums of equal sign keep their relative error: a few roundings, whatever the length. powf has its own.
const tolerance = { rtol: 16 * ROUNDING, atol: 0 }

function callsOver(problem: ClipGradProblem, data: readonly Float32Array[]): KernelCall[] {
  const title = printProblem('clip_grad', problem)
  const scaled = data.map((values) => inout(values.slice(), tolerance))
  const clamped = data.map((values) => inout(values.slice(), 'exact'))
  return [
    { kernel: 'clipGradNorm', title, args: [plain(problem), list(scaled), output(1, tolerance)] },
    { kernel: 'clipGradValue', title, args: [plain(problem), list(clamped)] },
  ]
}

const dataOf = ({ sizes }: ClipGradProblem): Float32Array[] => sizes.map((size, g) => uniform(size, g + 1))
const calls = (problem: ClipGradProblem): KernelCall[] => callsOver(problem, dataOf(problem))

describeCases(clipGrad, calls, (problem) => ({ ...problem, sizes: problem.sizes.map((size) => Math.min(size, 600)) }))

it.each([2, 1, 0, 3])(
  'shows a NaN anywhere in the norm of order %d and in every gradient, or leaves them alone',
  (p) => {
    for (const at of [0, 17, 69_999]) {
      const problem: ClipGradProblem = { sizes: [5, 70_000], limit: 1, p, onlyFinite: false }
      const data = dataOf(problem)
      data[1][at] = Number.NaN
      checkCalls([...callsOver(problem, data), ...callsOver({ ...problem, onlyFinite: true }, data)], backends())
      const norm = new Float32Array(1)
      clipGradNorm(problem, data, norm)
      expect([norm[0], data[0].every(Number.isNaN)]).toEqual([Number.NaN, true])
    }
  },
)

it('clips infinite gradients to nothing, but for the infinite ones themselves', () => {
  const problem: ClipGradProblem = { sizes: [40], limit: 1, p: 2, onlyFinite: false }
  const [data] = dataOf(problem)
  data[3] = -Infinity
  checkCalls(callsOver(problem, [data]), backends())
  clipGradNorm(problem, [data], new Float32Array(1))
  expect([data[0], data[3]]).toEqual([0, Number.NaN])
})

const problems = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ limit: fc.constantFrom(0.1, 0.5, 3, 100), p: fc.constantFrom(0, 1, 2, 2.5), onlyFinite: fc.boolean() },
})
itHoldsForRandom('clip_grad', problems, calls, 60)
