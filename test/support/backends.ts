import { createNativeBackend } from '../../lib/kernels/native.ts'
import type { NamedBackend } from './check_op.ts'

/** The native backend on every instruction set that this machine has; throws where the addon has not been built. */
export function nativeBackends(): NamedBackend[] {
  const { isas } = createNativeBackend().info()
  return isas.map((isa) => ({ name: isa, backend: createNativeBackend({ isa }) }))
}
