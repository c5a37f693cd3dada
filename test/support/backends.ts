import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import type { NamedBackend } from './check_op.ts'

/** The native backend on every instruction set that this machine has; throws where the addon has not been built. */
export function nativeBackends(precision: ConvPrecision = 'fast'): NamedBackend[] {
  const { isas } = createNativeBackend().info()
  return isas.map((isa) => {
    const backend = createNativeBackend({ isa })
    backend.setConvPrecision(precision)
    return { name: precision === 'fast' ? isa : `${isa} ${precision}`, backend }
  })
}
