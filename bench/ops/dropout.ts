import { dropout as set } from '../../test/cases/dropout.ts'
import { SEED } from '../fill.ts'
import { call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const dropout: OpBench<'dropout'> = {
  set,
  compute: false,
  images: true,
  passes: {
    // Backward is the same kernel with the same seed.
    forward: (problem) => {
      const size = problem.n * problem.spatial * problem.c
      const buffers = { input: source(size, SEED.input), output: target(size) }
      return kernelCase(buffers, call('dropout', problem, 'input', 'output'), 'output')
    },
  },
}
