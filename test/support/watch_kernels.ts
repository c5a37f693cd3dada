import type { Kernels } from '../../lib/kernels/kernels.ts'
import { backend } from '../../lib/kernels/select.ts'

type Functions = Record<string, (...args: unknown[]) => unknown>

/** Runs `fn` and tells which of the kernels it called, in order; one whose problem asks for a ReLU gets `+relu` behind its name. */
export function watchKernels(names: readonly (keyof Kernels<unknown>)[], fn: () => void): string[] {
  const kernels = backend().kernels as unknown as Functions
  const calls: string[] = []
  const originals = names.map((name) => kernels[name])
  names.forEach((name, i) => {
    kernels[name] = (...args) => {
      const { relu } = args[0] as { relu?: boolean }
      calls.push(relu === true ? `${name}+relu` : name)
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
