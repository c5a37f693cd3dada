import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnyArray } from '../reference/types.ts'
import { StateError } from '../util/errors.ts'
import { version } from '../util/version.ts'
import type { BufferRef, ConvPrecision, MemoryReport } from './backend.ts'
import type { Kernels } from './kernels.ts'
import type { MpiInfo, MpiJob } from './message_passing.ts'

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
  mpiOpen(path: string): string
  mpiInitialize(): MpiInfo
  mpiSubmit(job: MpiJob, data: BufferRef | null, receive: BufferRef | null): number
  mpiWait(job: number): void
  mpiRun(job: MpiJob, data: BufferRef | null, receive: BufferRef | null): void
  mpiFinalize(): void
  mpiAbort(code: number, when: 'now' | 'atExit'): void
  beginQueue(): void
  endQueue(): Promise<void>
  failAllocations(from: number): void
}

/** How an x86-64 CPU and its operating system say what runs: see native/dispatch/cpu.h. */
export interface CpuRegisters {
  leaves: number
  leaf1Ecx: number
  leaf7Ebx: number
  xcr0: number
}

/** What the addon exports. */
export interface NativeAddon {
  version: string
  /** For tests: whether the system is taken to refuse threads from now on. */
  refuseThreads(refuse: boolean): void
  createEnvironment(options: { isa: string; threads: number; guard: string }): NativeEnvironment
  /** The instruction sets that run here, or on a CPU with these registers, best first; threads of this machine. */
  cpu(registers?: CpuRegisters): { isas: string[]; threads: number }
}

// Absent in a bundle of CommonJS form: there the running script stands for this file.
const here: string = import.meta.url ?? pathToFileURL(process.argv[1] ?? join(process.cwd(), 'script.js')).href

/**
 * Folders that may hold the addon: this package as it lies on disk and, when this file was bundled into another, the
 * package that is installed beside the bundle.
 */
function packageRoots(): string[] {
  const roots = [fileURLToPath(new URL('../../', here))]
  try {
    roots.push(join(dirname(createRequire(here).resolve('strided/package.json')), '/'))
  } catch {
    // Not installed beside this file: there is one place to look in.
  }
  return [...new Set(roots)]
}

/** `glibc` or `musl` on Linux, from Node's own report; `system` elsewhere. */
export function libc(): string {
  if (process.platform !== 'linux') return 'system'
  const { report } = process
  if (!report) return 'glibc'
  // Without this, a report looks up the names of all open connections.
  const settings = report as { excludeNetwork?: boolean }
  const before = settings.excludeNetwork
  settings.excludeNetwork = true
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
  settings.excludeNetwork = before
  return header?.glibcVersionRuntime ? 'glibc' : 'musl'
}

/** Where the addon may lie, in the order of search: a build of this checkout, then the package's prebuilt binaries. */
export function addonPaths(roots: string[] = packageRoots()): string[] {
  const platform = `${process.platform}-${process.arch}`
  return roots.flatMap((root) => [
    join(root, 'build', 'Release', 'strided.node'),
    join(root, 'prebuilds', platform, `strided.${libc()}.node`),
    join(root, 'prebuilds', platform, 'strided.node'),
  ])
}

/** The platforms that the package has prebuilt binaries for. */
function platforms(roots: string[]): string[] {
  const folders = roots.map((root) => join(root, 'prebuilds')).filter((folder) => existsSync(folder))
  return [...new Set(folders.flatMap((folder) => readdirSync(folder)))].sort()
}

/** What the user can do about an addon that was not found or did not load. */
function advice(roots: string[], codes: unknown[]): string {
  if (codes.includes('ERR_DLOPEN_DISABLED')) return 'Allow native code with node --allow-addons.'
  const platform = `${process.platform}-${process.arch}`
  const present = platforms(roots)
  const install = 'Install the package again on this machine (npm install strided); in a checkout, run npm run build.'
  if (present.length === 0 || present.includes(platform)) return install
  return `This package has binaries for ${present.join(', ')} only; on ${platform}, build it from a checkout.`
}

/**
 * Loads the addon from the first of the places where it is there, loads and is of this package's version.
 *
 * @param roots - the folders to search, see {@link addonPaths}
 * @throws {StateError} when there is none; the message says where it was looked for and what to do
 */
export function findAddon(roots: string[] = packageRoots()): NativeAddon {
  const failures: string[] = []
  const codes: unknown[] = []
  for (const path of addonPaths(roots)) {
    if (!existsSync(path)) {
      failures.push(`${path}: not there`)
      continue
    }
    try {
      const addon = createRequire(here)(path) as NativeAddon
      if (addon.version === version) return addon
      failures.push(`${path}: of version ${addon.version ?? 'unknown'}, but this package is ${version}`)
    } catch (error) {
      failures.push(`${path}: ${(error as Error).message}`)
      codes.push((error as NodeJS.ErrnoException).code)
    }
  }
  throw new StateError(
    `native: no addon for ${process.platform}-${process.arch} (${libc()}, Node ${process.version}); looked for\n  ` +
      `${failures.join('\n  ')}\n${advice(roots, codes)}`,
  )
}

let loaded: NativeAddon | undefined

/**
 * The native addon, loaded once.
 *
 * @throws {StateError} see {@link findAddon}
 */
export function loadAddon(): NativeAddon {
  loaded ??= findAddon()
  return loaded
}
