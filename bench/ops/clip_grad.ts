import { clipGrad as set } from '../../test/cases/clip_grad.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, kernelCase, type OpBench, source, target } from './kernel_case.ts'

export const clipGrad: OpBench<'clip_grad'> = {
  set,
  compute: false,
  images: false,
  passes: {
    step: (problem) => {
      const buffers: Record<string, BufferSpec> = { norm: target(1) }
      const grads = problem.sizes.map((size, g) => {
        buffers[`grad${g}`] = source(size, SEED.param + g)
        return `grad${g}`
      })
      // Clipped once, the norm is just below the limit: from then on the gradients are only read.
      return kernelCase(buffers, call('clipGradNorm', problem, grads, 'norm'), 'norm')
    },
  },
}
