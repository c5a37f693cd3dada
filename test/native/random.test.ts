import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { NormalProblem, UniformProblem } from '../../lib/reference/index.ts'
import { randomNormal, randomUniform } from '../cases/random.ts'
import { type KernelCall, output, plain, type Tolerance } from '../support/check_op.ts'
import { ROUNDING } from '../support/data.ts'
import { describeCases } from '../support/native_cases.ts'

/** Over [0, 1) the numbers are the words themselves; other bounds cost a product and a sum. */
function uniformCalls(problem: UniformProblem): KernelCall[] {
  const { size, low, high } = problem
  const error = 4 * ROUNDING * (Math.abs(low) + Math.abs(high))
  const tolerance: Tolerance = low === 0 && high === 1 ? 'exact' : { rtol: 0, atol: error }
  const title = printProblem('random_uniform', problem)
  return [{ kernel: 'randomUniform', title, args: [plain(problem), output(size, tolerance)] }]
}

/** The logarithm, the root and the cosine are each good to a few roundings of values up to 6.7 (from the word 0). */
function normalCalls(problem: NormalProblem): KernelCall[] {
  const { size, mean, std } = problem
  const tolerance = { rtol: 0, atol: 16 * ROUNDING * (Math.abs(mean) + 6.7 * std) }
  const title = printProblem('random_normal', problem)
  return [{ kernel: 'randomNormal', title, args: [plain(problem), output(size, tolerance)] }]
}

const atMost = <P extends { size: number }>(problem: P): P => ({ ...problem, size: Math.min(problem.size, 70_001) })

describeCases(randomUniform, uniformCalls, atMost)
describeCases(randomNormal, normalCalls, atMost)
