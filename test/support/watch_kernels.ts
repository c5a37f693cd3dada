import type { Kernels } from '../../lib/kernels/kernels.ts'
import { backend } from '../../lib/kernels/select.ts'

type Functions = Record<string, (...args: unknown[]) => unknown>

/** Where kernels take moments, or null. */
const MOMENTS: Record<string, number> = { conv2dForward: 5, batchNormForward: 2 }

/**
 * Runs `fn` and tells which of the kernels it called, in order; one that gathers or gets moments has `+moments` behind its
 * name, one whose problem asks for a ReLU `+relu`.
 */
export function watchKernels(names: readonly (keyof Kernels<unknown>)[], fn: () => void): string[] {
  const kernels = backend().kernels as unknown as Functions
  const calls: string[] = []
  const originals = names.map((name) => kernels[name])
  names.forEach((name, i) => {
    kernels[name] = (...args) => {
      const { relu } = args[0] as { relu?: boolean }
      const measured = name in MOMENTS && args[MOMENTS[name]] !== null
      calls.push(`${name}${measured ? '+moments' : ''}${relu === true ? '+relu' : ''}`)
      return originals[i].apply(kernels, args)
    }
  })
  try {
    fn()
  } finally {
    names.forEach((name, i) => {
      kernels[name] = originals[i]
    })
  }
  return calls
}
