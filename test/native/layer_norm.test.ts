import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { LayerNormProblem } from '../../lib/reference/index.ts'
import { layerNorm } from '../cases/layer_norm.ts'
import { absent, checkCalls, input, output, plain } from '../support/check_op.ts'
import { ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { allRowNormCalls, cutRows, rowNormCalls } from '../support/row_norm.ts'

const calls = (problem: LayerNormProblem) => allRowNormCalls('layer_norm', problem)

describeCases(layerNorm, calls, cutRows)

const problems = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  size: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 41, max: 300 })),
  eps: fc.constantFrom(1e-5, 1e-3),
})
itHoldsForRandom('layer_norm', problems, calls, 100)

it('sums in double over many rows', () => {
  const problem = { rows: 1200, size: 3, eps: 1e-5 }
  checkCalls(rowNormCalls('layer_norm', problem, uniform(3600, 1, 0.5, 1), true), backends())
})

// A short row, one that is taken alone, one of several blocks, and one that is cut.
for (const size of [100, 400, 5000, 70_000]) {
  it(`finds a deviation of 0.01 around a mean of 1000 in ${size} values`, () => {
    const problem = { rows: 2, size, eps: 1e-12 }
    const data = uniform(2 * size, 9, 1000 - 0.0173, 1000 + 0.0173)
    // The first value is far off.
    data[0] = 999
    // A mean that is off by half a step of float32, 3.05e-5, moves every output by 3.05e-5 / 0.01.
    const results = [
      output(2, { rtol: ROUNDING, atol: 0 }),
      output(2, { rtol: 2e-3, atol: 0 }),
      output(data.length, { rtol: 2e-3, atol: 4e-3 }),
    ]
    const args = [plain(problem), input(data), absent, absent, ...results]
    checkCalls([{ kernel: 'layerNormForward', title: printProblem('layer_norm', problem), args }], backends())
    expect(data[1]).not.toBe(data[2])
  })
}

it('gives the bias for a constant row', () => {
  const problem = { rows: 2, size: 37, eps: 1e-5 }
  const data = Float32Array.from({ length: 74 }, (_, i) => (i < 37 ? 0.1 : 3e7))
  const bias = uniform(37, 4)
  const exact = { rtol: 0, atol: 0 }
  const results = [output(2, { rtol: ROUNDING, atol: 0 }), output(2, { rtol: ROUNDING, atol: 0 }), output(74, exact)]
  const args = [plain(problem), input(data), absent, input(bias), ...results]
  checkCalls([{ kernel: 'layerNormForward', title: 'constant', args }], backends())
})
