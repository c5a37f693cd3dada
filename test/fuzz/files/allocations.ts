import { backend, withBackend } from '../../../lib/kernels/select.ts'

/** Bytes of the largest single piece of memory that was asked for since {@link watchAllocations} began. */
let largest = 0

const note = (bytes: number): void => {
  if (bytes > largest) largest = bytes
}

const ARRAYS = ['Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array']
const WIDE = ['Float64Array', 'BigInt64Array', 'BigUint64Array', 'ArrayBuffer', 'SharedArrayBuffer']

let installed = false

/** Makes every typed array, buffer and array of a given length note its size before it is made. */
function install(): void {
  if (installed) return
  installed = true
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => object>
  for (const name of [...ARRAYS, ...WIDE]) {
    const Original = globals[name]
    const item = (Original as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1
    globals[name] = new Proxy(Original, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') note(args[0] * item)
        return Reflect.construct(target, args, newTarget === globals[name] ? target : newTarget)
      },
    })
  }
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name]
    Buffer[name] = ((size: number, ...rest: []) => {
      note(size)
      return original(size, ...rest)
    }) as typeof original
  }
}

/** Runs `fn`, in steps if it is asynchronous, and returns the bytes of the largest single allocation, tensors included. */
export async function watchAllocations(fn: () => unknown): Promise<number> {
  install()
  largest = 0
  const real = backend()
  const noting = {
    ...real,
    allocate: (bytes: number, owner: object) => {
      note(bytes)
      return real.allocate(bytes, owner)
    },
  }
  await withBackend(noting, fn)
  return largest
}
