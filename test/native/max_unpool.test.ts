import { expect, it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { MaxUnpoolProblem } from '../../lib/reference/index.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { maxUnpool } from '../cases/max_unpool.ts'
import { checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { resizeFields } from '../support/pool_problems.ts'

function callsAt(problem: MaxUnpoolProblem, positions: Int32Array): KernelCall[] {
  const title = printProblem('max_unpool', problem)
  const [small, large] = [pixels(problem), windows(problem)]
  return [
    {
      kernel: 'maxUnpoolForward',
      title,
      args: [plain(problem), input(uniform(small, 1)), input(positions), output(large, 'exact')],
    },
    {
      kernel: 'maxUnpoolBackward',
      title,
      args: [plain(problem), input(uniform(large, 2)), input(positions), output(small, 'exact')],
    },
  ]
}

/** Positions that repeat, so that the order matters. */
const calls = (problem: MaxUnpoolProblem): KernelCall[] =>
  callsAt(problem, integersBelow(problem.od * problem.oh * problem.ow, pixels(problem), 3))

describeCases(maxUnpool, calls, (problem) => ({ ...problem, n: 1 }))

it('leaves out positions beyond the output and counts them', () => {
  const problem = parseProblem('max_unpool', 'n2c17ih3oh5')
  const positions = integersBelow(27, pixels(problem), 3).map((position) => position - 1)
  checkCalls(callsAt(problem, positions), backends())
  const outside = positions.filter((position) => position < 0 || position > 24).length
  for (const { backend } of backends()) {
    const owner = {}
    const [small, large] = [pixels(problem), windows(problem)]
    const bytes = [4 * small, 4 * small, 4 * large]
    const [image, at, unpooled] = bytes.map((size) => backend.allocate(size, owner))
    backend.write(image, 0, uniform(small, 1))
    backend.write(at, 0, positions)
    const refs = [
      backend.ref(image, 'float32', 0, small),
      backend.ref(at, 'int32', 0, small),
      backend.ref(unpooled, 'float32', 0, large),
    ] as const
    expect(backend.kernels.maxUnpoolForward(problem, ...refs)).toBe(outside)
    for (const block of [image, at, unpooled]) backend.free(block)
  }
})

itHoldsForRandom('max_unpool', resizeFields, calls, 100)
