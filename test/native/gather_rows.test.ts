import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { GatherRowsProblem } from '../../lib/reference/index.ts'
import { gatherRows } from '../cases/gather_rows.ts'
import { input, type KernelCall, outputLike, plain } from '../support/check_op.ts'
import { integersBelow } from '../support/data.ts'
import { describeCases } from '../support/native_cases.ts'

function calls(problem: GatherRowsProblem): KernelCall[] {
  const { rows, sourceRows, rowBytes } = problem
  const source = Uint8Array.from(integersBelow(256, sourceRows * rowBytes, 1))
  const indices = integersBelow(sourceRows, rows, 2)
  const result = outputLike(new Uint8Array(rows * rowBytes), 'exact')
  const title = printProblem('gather_rows', problem)
  return [{ kernel: 'gatherRows', title, args: [plain(problem), input(source), input(indices), result] }]
}

describeCases(gatherRows, calls, (problem) => ({ ...problem, sourceRows: 500 }))
