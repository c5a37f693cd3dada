import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { NllLossProblem } from '../../lib/reference/index.ts'
import { nllLoss } from '../cases/nll_loss.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { integersBelow, ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** Log-probabilities are negative, so that nothing cancels; sums are made in double. */
function callsWith(problem: NllLossProblem, weight: Float32Array | null, target: Int32Array): KernelCall[] {
  const { rows, c, reduction } = problem
  const title = `${weight === null ? '' : 'weighted '}${printProblem('nll_loss', problem)}`
  const data = uniform(rows * c, 1, -8, 0)
  const losses = reduction === 'none' ? rows : 1
  const near = { rtol: 4 * ROUNDING, atol: 0 }
  const first = plain(problem)
  const ends = [input(target), input(weight)]
  const args = [first, input(data), ...ends, output(losses, near), output(1, near)]
  const saved = input(Float32Array.of(0.7 * rows))
  return [
    { kernel: 'nllLossForward', title, args },
    {
      kernel: 'nllLossBackward',
      title,
      args: [first, input(uniform(losses, 3)), ...ends, saved, output(rows * c, near)],
    },
  ]
}

describeCases(nllLoss, (problem) => {
  const target = integersBelow(problem.c, problem.rows, 2)
  if (problem.ignoreIndex < 0 && problem.rows > 2) target[1] = problem.ignoreIndex
  return [...callsWith(problem, null, target), ...callsWith(problem, uniform(problem.c, 5, 0.5, 2), target)]
})

it('divides 0 by 0 where every row is ignored', () => {
  const problem = parseProblem('nll_loss', 'rows3c4ignore1_mean')
  checkCalls(callsWith(problem, null, Int32Array.of(1, 1, 1)), backends())
})
