import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { checkInteger } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { loadAddon } from './addon.ts'
import type { Backend, BackendInfo, ConvPrecision, MemoryReport } from './backend.ts'
import { createNativeBackend } from './native.ts'
import { createReferenceBackend } from './reference_backend.ts'

let current: Backend | null = null

/** The backend of this JavaScript environment, created on first use as `STRIDED_BACKEND` says. */
export function backend(): Backend {
  if (current === null) current = createBackend(process.env.STRIDED_BACKEND)
  return current
}

/** Runs `fn` with another backend in place. What it allocates is its own: tensors made inside stay on it. */
export function withBackend<T>(other: Backend, fn: () => T): T {
  const outer = current
  current = other
  try {
    return fn()
  } finally {
    current = outer
  }
}

/**
 * Creates the backend that a value of `STRIDED_BACKEND` asks for: `native`, `reference`, or by default the native one
 * where it loads and else, with one warning, the reference.
 *
 * @throws {RangeError} for any other value.
 */
export function createBackend(choice: string | undefined): Backend {
  switch (choice) {
    case 'reference':
      return createReferenceBackend()
    case 'native':
      return createNativeBackend()
    case undefined:
    case '':
      return createNativeOrReference()
    default:
      throw new RangeError(`STRIDED_BACKEND: expected native or reference, got ${JSON.stringify(choice)}`)
  }
}

function createNativeOrReference(): Backend {
  try {
    loadAddon()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    warnOnce(
      `${reason}\nComputing with the TypeScript reference instead, which is hundreds of times slower; ` +
        'set STRIDED_BACKEND=reference to choose it without this warning.',
    )
    return createReferenceBackend()
  }
  // Outside the try: a variable that asks for the impossible is an error, not a reason to compute slowly.
  return createNativeBackend()
}

const WARNED = 'strided: warned of the reference backend'

/** Warns, unless this thread or the one that started it did: worker threads that load data would each repeat it. */
function warnOnce(message: string): void {
  if (getEnvironmentData(WARNED) === true) return
  setEnvironmentData(WARNED, true)
  process.emitWarning(message, { type: 'StridedWarning', code: 'STRIDED_REFERENCE_BACKEND' })
}

/** Bytes held by tensors and by the pool behind them, and the number of storages. */
export function memory(): MemoryReport {
  return backend().memory()
}

/** What runs the arithmetic: backend, instruction set in use, those available, threads. */
export function backendInfo(): BackendInfo {
  return backend().info()
}

/**
 * Sets how many threads kernels use, the calling one included; results do not depend on it. The reference backend
 * always computes on one.
 *
 * @throws {RangeError} when `threads` is not a positive integer.
 */
export function setNumThreads(threads: number): void {
  backend().setNumThreads(checkInteger('setNumThreads', 'threads', threads, 1))
}

/** How many threads kernels use. */
export function getNumThreads(): number {
  return backend().getNumThreads()
}

/**
 * Sets how far convolutions may trade accuracy for speed: `fast` (the default), `medium` or `strict`, see
 * {@link ConvPrecision}. `STRIDED_CONV=direct` starts with `strict`.
 *
 * @throws {RangeError} when `precision` is none of the three.
 */
export function setConvPrecision(precision: ConvPrecision): void {
  if (!['fast', 'medium', 'strict'].includes(precision)) {
    throw new RangeError(`setConvPrecision: expected fast, medium or strict, got ${precision}`)
  }
  backend().setConvPrecision(precision)
}
