import type { MemoryReport } from '../../lib/kernels/backend.ts'
import type { NativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { Storage } from '../../lib/tensor/storage.ts'

/** Takes back everything that is garbage: before an allocation fails for good, the backend collects and sweeps. */
export function gather(home: NativeBackend): MemoryReport {
  home.failAllocations(1)
  try {
    withBackend(home, () => new Storage(4, [1], 'float32'))
  } catch {
    // It was meant to.
  }
  home.failAllocations(0)
  return home.memory()
}
