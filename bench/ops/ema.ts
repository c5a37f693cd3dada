import { ema as set } from '../../test/cases/ema.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source } from './kernel_case.ts'

export const ema: OpBench<'ema'> = {
  set,
  compute: false,
  images: false,
  passes: {
    step: (problem) => {
      const buffers: Record<string, BufferSpec> = {}
      const list = (name: string, offset: number): string[] =>
        problem.sizes.map((size, t) => {
          buffers[name + t] = source(size, SEED.param + 2 * t + offset)
          return name + t
        })
      const averages = list('average', 0)
      const step = call('emaStep', problem, averages, list('value', 1))
      return kernelCase(buffers, step, 'average0', { updated: averages })
    },
  },
}
