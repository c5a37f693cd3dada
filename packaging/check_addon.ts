// Checks a Linux addon before it is shipped: tsx packaging/check_addon.ts FILE... [--glibc 2.28]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** The oldest glibc that a release must run on: that of Node's own binaries since 18. */
export const GLIBC_FLOOR = '2.28'

/** What an addon asks of the system, and shows to it. */
export interface AddonReport {
  /** The newest version of glibc that a symbol asks for; null for musl. */
  glibc: string | null
  /** The symbols that ask for more than {@link GLIBC_FLOOR}, with their versions. */
  newer: string[]
  /** The shared libraries that it loads. */
  needed: string[]
  /** The symbols that it shows. */
  exported: string[]
}

const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
// libstdc++ and libgcc must be inside. The loader, by whichever name, is always there.
const SYSTEM =
  /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|ld-linux.*|libc\.musl-\w+\.so\.1|libc\.so)$/

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

// readelf, unlike objdump, reads the files of every architecture.
function readelf(...args: string[]): string {
  const { stdout, stderr, status, error } = spawnSync('readelf', args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (error !== undefined) throw new Error(`readelf could not be started: ${error.message}`)
  if (status !== 0 || stdout === '') throw new Error(`readelf ${args.join(' ')} failed: ${stderr}`)
  return stdout
}

/** Reads the dynamic symbols and libraries of an ELF file. */
export function inspectAddon(file: string): AddonReport {
  // Columns: number, value, size, type, binding, visibility, section, name@version.
  const symbols = readelf('--dyn-syms', '--wide', file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    // Local ones, as of sections on arm64, nobody sees.
    .filter((columns) => /^\d+:$/.test(columns[0]) && columns.length >= 8 && columns[4] !== 'LOCAL')
    .map(([, , , , , , section, name]) => ({ defined: section !== 'UND', name }))
  const asked = symbols.flatMap(({ name }) => {
    const [, symbol, version] = /^(.*?)@+GLIBC_([\d.]+)/.exec(name) ?? []
    return version === undefined ? [] : [{ symbol, version }]
  })
  const newest = asked.map(({ version }) => version).sort(compareVersions)
  const dynamic = readelf('--dynamic', '--wide', file)
  return {
    glibc: newest.at(-1) ?? null,
    newer: asked
      .filter(({ version }) => compareVersions(version, GLIBC_FLOOR) > 0)
      .map(({ symbol, version }) => `${symbol} (${version})`)
      .sort(),
    needed: [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name),
    exported: symbols.filter(({ defined }) => defined).map(({ name }) => name.replace(/@.*/, '')),
  }
}

/** What forbids shipping an addon, one sentence each; empty when nothing does. */
export function faultsOf(report: AddonReport, floor: string): string[] {
  const faults: string[] = []
  if (report.glibc !== null && compareVersions(report.glibc, floor) > 0) {
    faults.push(`needs glibc ${report.glibc}, newer than ${floor}: ${report.newer.join(', ')}`)
  }
  const foreign = report.needed.filter((name) => !SYSTEM.test(name))
  if (foreign.length > 0) faults.push(`loads ${foreign.join(', ')}, which must be linked statically`)
  const shown = report.exported.filter((name) => !ENTRIES.includes(name))
  if (shown.length > 0) faults.push(`shows ${shown.slice(0, 5).join(', ')}, which must be hidden`)
  if (!report.exported.includes(ENTRIES[0])) faults.push(`does not show ${ENTRIES[0]}`)
  return faults
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    options: { glibc: { type: 'string', default: GLIBC_FLOOR } },
    allowPositionals: true,
  })
  for (const file of positionals) {
    const report = inspectAddon(file)
    const faults = faultsOf(report, values.glibc)
    console.log(`${file}: glibc ${report.glibc ?? 'not used'}; loads ${report.needed.join(', ')}`)
    for (const fault of faults) console.error(`${file}: ${fault}`)
    if (faults.length > 0) process.exitCode = 1
  }
}
