import type { AnyArray, DType } from '../reference/types.ts'
import { StateError } from '../util/errors.ts'
import { loadAddon } from './addon.ts'
import type { Backend, BackendInfo, Block, BufferRef, ConvPrecision, MemoryReport } from './backend.ts'
import { traced } from './trace.ts'

/** Which instruction set and how many threads a native backend uses; by default the best there is. */
export interface NativeOptions {
  isa?: string
  threads?: number
  /** For tests: every block lies alone in memory, right after or right before a page that may not be touched. */
  guard?: 'before' | 'after'
}

/** A backend on the addon. */
export interface NativeBackend extends Backend {
  /** For tests: the allocation of this number, counted from now, and all behind it fail; 0 ends that. */
  failAllocations(from: number): void
}

// A buffer is named by one number, block + byte offset * 2^20: see native/binding/environment.h.
const OFFSET = 2 ** 20
const ITEM_SIZE: Record<DType, number> = { float32: 4, int32: 4, uint8: 1, int64: 8 }

// The size of the addon's thread pool: kMaxThreads in native/runtime/thread_pool.h.
const MAX_THREADS = 256

function chooseIsa(requested: string | undefined, isas: string[]): string {
  if (requested === undefined || requested === '') return isas[0]
  if (!isas.includes(requested)) {
    throw new StateError(`STRIDED_ISA=${requested}, but this CPU supports: ${isas.join(', ')}`)
  }
  return requested
}

function chooseThreads(requested: string | number | undefined, available: number): number {
  if (requested === undefined || requested === '') return available
  const threads = Number(requested)
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new StateError(`STRIDED_NUM_THREADS: expected a whole number from 1 to ${MAX_THREADS}, got ${requested}`)
  }
  return threads
}

function chooseConvPrecision(requested: string | undefined): ConvPrecision {
  if (requested === undefined || requested === '' || requested === 'winograd') return 'fast'
  if (requested === 'direct') return 'strict'
  throw new StateError(`STRIDED_CONV: expected direct or winograd, got ${requested}`)
}

/**
 * A backend on the addon, with memory and settings of its own.
 *
 * @param options take precedence over `STRIDED_ISA` and `STRIDED_NUM_THREADS`
 * @throws {StateError} when the addon is missing, or an option or variable asks for what this CPU cannot do
 */
export function createNativeBackend(options: NativeOptions = {}): NativeBackend {
  const native = loadAddon()
  const cpu = native.cpu()
  const isa = chooseIsa(options.isa ?? process.env.STRIDED_ISA, cpu.isas)
  const threads = chooseThreads(options.threads ?? process.env.STRIDED_NUM_THREADS, cpu.threads)
  const environment = native.createEnvironment({ isa, threads, guard: options.guard ?? 'none' })
  environment.setConvPrecision(chooseConvPrecision(process.env.STRIDED_CONV))
  return {
    kernels: process.env.STRIDED_TRACE === '1' ? traced(environment) : environment,
    allocate: (byteLength: number, owner: object): Block => environment.allocate(byteLength, owner),
    free: (block: Block): void => environment.free(block as number),
    ref: (block: Block, dtype: DType, offset: number): BufferRef =>
      (block as number) + offset * ITEM_SIZE[dtype] * OFFSET,
    read: (block: Block, byteOffset: number, target: AnyArray): void =>
      environment.read(block as number, byteOffset, target),
    write: (block: Block, byteOffset: number, source: AnyArray): void =>
      environment.write(block as number, byteOffset, source),
    memory: (): MemoryReport => environment.memory(),
    info: (): BackendInfo => ({ backend: 'native', isa, isas: cpu.isas, threads: environment.getNumThreads() }),
    setNumThreads: (count: number): void => environment.setNumThreads(count),
    getNumThreads: (): number => environment.getNumThreads(),
    setConvPrecision: (precision: ConvPrecision): void => environment.setConvPrecision(precision),
    messages: {
      open: (path) => environment.mpiOpen(path),
      initialize: () => environment.mpiInitialize(),
      submit: (job, data, receive = null) => environment.mpiSubmit(job, data, receive),
      wait: (job) => environment.mpiWait(job),
      run: (job, data, receive = null) => environment.mpiRun(job, data, receive),
      finalize: () => environment.mpiFinalize(),
      abort: (code, when) => environment.mpiAbort(code, when),
    },
    beginQueue: (): void => environment.beginQueue(),
    endQueue: (): Promise<void> => environment.endQueue(),
    failAllocations: (from: number): void => environment.failAllocations(from),
  }
}
