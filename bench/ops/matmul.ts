import { sizeOf } from '../../test/cases/case_set.ts'
import { matmul as set } from '../../test/cases/matmul.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const matmul: OpBench<'matmul'> = {
  set,
  compute: true,
  images: false,
  passes: {
    forward: (problem) => {
      const { m, k, n, batchShape } = problem
      const batch = sizeOf(batchShape)
      const buffers = {
        a: source(batch * m * k, SEED.input),
        b: source(batch * k * n, SEED.weight),
        output: target(batch * m * n),
      }
      return kernelCase(buffers, call('matmul', problem, 'a', 'b', 'output'), 'output')
    },
  },
}
