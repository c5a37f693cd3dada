import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import type { NamedBackend } from './check_op.ts'

/**
 * The native backend on every instruction set, twice: all memory, workspaces included, lies right after or right before a
 * page that may not be touched. What reads or writes outside a buffer ends the process.
 */
export function guardedBackends(precision: ConvPrecision = 'fast'): NamedBackend[] {
  const { isas } = createNativeBackend().info()
  return isas.flatMap((isa) =>
    (['before', 'after'] as const).map((guard) => {
      const backend = createNativeBackend({ isa, guard })
      backend.setConvPrecision(precision)
      return { name: `${isa} with a guard page ${guard}`, backend, guarded: true }
    }),
  )
}

/** The native backend on every instruction set that this machine has; throws where the addon has not been built. */
export function nativeBackends(precision: ConvPrecision = 'fast'): NamedBackend[] {
  const { isas } = createNativeBackend().info()
  return isas.map((isa) => {
    const backend = createNativeBackend({ isa })
    backend.setConvPrecision(precision)
    return { name: precision === 'fast' ? isa : `${isa} ${precision}`, backend }
  })
}
