import { createNativeBackend } from '../../lib/kernels/native.ts'
import type { NamedBackend } from './check_op.ts'

/** How exact convolutions are: `fast` and `medium` may use Winograd's algorithm, by large and by small tiles. */
export type ConvPrecision = 'fast' | 'medium' | 'strict'

/** The native backend on every instruction set that this machine has; throws where the addon has not been built. */
export function nativeBackends(precision: ConvPrecision = 'fast'): NamedBackend[] {
  const { isas } = createNativeBackend().info()
  return isas.map((isa) => {
    const backend = createNativeBackend({ isa })
    // The kernels are the addon's environment, which has this setting beside them.
    const environment = backend.kernels as unknown as { setConvPrecision(precision: ConvPrecision): void }
    environment.setConvPrecision(precision)
    return { name: precision === 'fast' ? isa : `${isa} ${precision}`, backend }
  })
}
