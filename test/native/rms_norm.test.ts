import fc from 'fast-check'
import { it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { RmsNormProblem } from '../../lib/reference/index.ts'
import { rmsNorm } from '../cases/rms_norm.ts'
import { absent, checkCalls, input, output, plain } from '../support/check_op.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { allRowNormCalls, cutRows } from '../support/row_norm.ts'

const calls = (problem: RmsNormProblem) => allRowNormCalls('rms_norm', problem)

describeCases(rmsNorm, calls, cutRows)

const problems = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 300 })),
  eps: fc.constantFrom(1e-5, 1e-3),
})
itHoldsForRandom('rms_norm', problems, calls, 100)

it('makes zeros of a row of zeros', () => {
  const problem = { rows: 2, size: 19, eps: 1e-5 }
  const results = [output(2, { rtol: 1e-6, atol: 0 }), output(38, { rtol: 0, atol: 0 })]
  const args = [plain(problem), input(new Float32Array(38)), absent, ...results]
  checkCalls([{ kernel: 'rmsNormForward', title: printProblem('rms_norm', problem), args }], backends())
})
