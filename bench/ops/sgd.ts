import { sgd as set } from '../../test/cases/sgd.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source } from './kernel_case.ts'

export const sgd: OpBench<'sgd'> = {
  set,
  compute: false,
  images: false,
  passes: {
    step: (problem) => {
      const buffers: Record<string, BufferSpec> = {}
      const list = (name: string, offset: number): string[] =>
        problem.sizes.map((size, p) => {
          buffers[name + p] = source(size, SEED.param + 3 * p + offset)
          return name + p
        })
      const params = list('param', 0)
      const grads = list('grad', 1)
      const momenta = problem.momentum === 0 ? [] : list('momentum', 2)
      const step = call('sgdStep', problem, params, grads, momenta)
      return kernelCase(buffers, step, 'param0', { updated: [...params, ...momenta] })
    },
  },
}
