import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AnyArray, DType } from '../reference/types.ts'
import { StateError } from '../util/errors.ts'
import type { Backend, BackendInfo, Block, BufferRef, ConvPrecision, MemoryReport } from './backend.ts'
import type { Kernels } from './kernels.ts'
import { traced } from './trace.ts'

/** The functions that an environment of the addon has beside the kernels. */
export interface NativeEnvironment extends Kernels<BufferRef> {
  allocate(byteLength: number, owner: object): number
  free(block: number): void
  read(block: number, byteOffset: number, target: AnyArray): void
  write(block: number, byteOffset: number, source: AnyArray): void
  memory(): MemoryReport
  setNumThreads(threads: number): void
  getNumThreads(): number
  setConvPrecision(precision: ConvPrecision): void
}

/** What the addon exports. */
export interface NativeAddon {
  createEnvironment(options: { isa: string; threads: number; guard: string }): NativeEnvironment
  cpu(): { isas: string[]; threads: number }
}

/** Which instruction set and how many threads a native backend uses; by default the best there is. */
export interface NativeOptions {
  isa?: string
  threads?: number
  /** For tests: every block lies alone in memory, right after or right before a page that may not be touched. */
  guard?: 'before' | 'after'
}

// A buffer is named by one number, block + byte offset * 2^20: see native/binding/environment.h.
const OFFSET = 2 ** 20
const ITEM_SIZE: Record<DType, number> = { float32: 4, int32: 4, uint8: 1, int64: 8 }

// The size of the addon's thread pool: kMaxThreads in native/runtime/thread_pool.h.
const MAX_THREADS = 256

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Where the addon may lie, in the order of search: a build of this checkout, then the package's prebuilt binaries. */
export function addonPaths(): string[] {
  const platform = `${process.platform}-${process.arch}`
  return [
    join(root, 'build', 'Release', 'strided.node'),
    join(root, 'prebuilds', platform, `strided.${libc()}.node`),
    join(root, 'prebuilds', platform, 'strided.node'),
  ]
}

/** `glibc` or `musl` on Linux, from Node's own report; `system` elsewhere. */
function libc(): string {
  if (process.platform !== 'linux') return 'system'
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  return report?.header?.glibcVersionRuntime ? 'glibc' : 'musl'
}

let addon: NativeAddon | undefined

/**
 * The native addon, loaded once.
 *
 * @throws {StateError} when there is no binary for this platform or it cannot be loaded; the message says where it was
 * looked for and what to do
 */
export function loadAddon(): NativeAddon {
  if (addon) return addon
  const failures: string[] = []
  for (const path of addonPaths()) {
    if (!existsSync(path)) {
      failures.push(`${path}: not there`)
      continue
    }
    try {
      addon = createRequire(import.meta.url)(path) as NativeAddon
      return addon
    } catch (error) {
      failures.push(`${path}: ${(error as Error).message}`)
    }
  }
  throw new StateError(
    `native: no addon for ${process.platform}-${process.arch} (${libc()}, Node ${process.version}); looked for\n  ` +
      `${failures.join('\n  ')}\nIn a checkout, build it with npm run build.`,
  )
}

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
export function createNativeBackend(options: NativeOptions = {}): Backend {
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
  }
}
