import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { AdaptiveAvgPoolProblem } from '../../lib/reference/index.ts'
import { adaptiveAvgPool } from '../cases/adaptive_avg_pool.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { input, type KernelCall, output, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { resizeFields } from '../support/pool_problems.ts'

function calls(problem: AdaptiveAvgPoolProblem): KernelCall[] {
  const { id, ih, iw, od, oh, ow } = problem
  const title = printProblem('adaptive_avg_pool', problem)
  // A window holds at most one element more at either end than the sizes' ratio, and as many windows hold an element.
  const most = (from: number, to: number): number => Math.ceil(from / to) + 1
  const forward = { terms: most(id, od) * most(ih, oh) * most(iw, ow) }
  const backward = { terms: most(od, id) * most(oh, ih) * most(ow, iw) }
  const [image, grads] = [uniform(pixels(problem), 1), uniform(windows(problem), 2)]
  return [
    {
      kernel: 'adaptiveAvgPoolForward',
      title,
      args: [plain(problem), input(image), output(windows(problem), forward)],
    },
    {
      kernel: 'adaptiveAvgPoolBackward',
      title,
      args: [plain(problem), input(grads), output(pixels(problem), backward)],
    },
  ]
}

describeCases(adaptiveAvgPool, calls, (problem) => ({ ...problem, n: 1, c: Math.min(problem.c, 20) }))

itHoldsForRandom('adaptive_avg_pool', resizeFields, calls, 150)
