// Makes the binary of this platform, or of another Linux architecture that a cross compiler is installed for, in
// prebuilds/: npm run prebuild [-- --arch arm64] [-- --glibc 2.28]
//
// npm would also run a script of this name before every `npm run build`, but not with `ignore-scripts`, which .npmrc sets.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { libc } from '../lib/kernels/addon.ts'
import { faultsOf, GLIBC_FLOOR, inspectAddon } from './check_addon.ts'
import { prebuildPath, root } from './targets.ts'

const { values } = parseArgs({
  options: { arch: { type: 'string', default: process.arch }, glibc: { type: 'string' } },
})

/** Debian's names of the cross compilers. */
const crossPrefixes: Record<string, string> = { arm64: 'aarch64-linux-gnu-', x64: 'x86_64-linux-gnu-' }

/** The environment that makes node-gyp build for `arch`. */
function environment(arch: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, JOBS: 'max' }
  // The headers that came with this Node, where they did; node-gyp would download them.
  const prefix = dirname(dirname(process.execPath))
  if (existsSync(join(prefix, 'include', 'node', 'common.gypi'))) env.npm_config_nodedir = prefix
  if (arch === process.arch || process.platform !== 'linux') return env
  const cross = crossPrefixes[arch]
  if (cross === undefined) throw new Error(`--arch: expected ${Object.keys(crossPrefixes).join(' or ')}, got ${arch}`)
  const tools = { CC: 'gcc', CXX: 'g++', AR: 'ar', PREBUILD_STRIP_BIN: 'strip' }
  for (const [name, tool] of Object.entries(tools)) env[name] ??= `${cross}${tool}`
  return env
}

/** Builds in a copy of the sources: node-gyp empties the folder build/, where the daily build lies. */
function build(arch: string): void {
  const copy = join(root, '.cache', 'prebuild', arch)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const name of ['binding.gyp', 'package.json', 'native']) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  const prebuildify = createRequire(import.meta.url).resolve('prebuildify/bin.js')
  const args = ['--napi', '--strip', '--name', 'strided', '--target', process.version, '--arch', arch]
  if (process.platform === 'linux') args.push('--tag-libc')
  const { status } = spawnSync(process.execPath, [prebuildify, '--cwd', copy, '--out', root, ...args], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...environment(arch), PREBUILD_LIBC: libc() },
  })
  if (status !== 0) throw new Error(`prebuildify failed with code ${status}`)
}

/** Says what the binary asks of the system; throws when it asks too much. */
function check(file: string): void {
  const size = (statSync(join(root, file)).size / 1e6).toFixed(1)
  if (process.platform !== 'linux') {
    console.log(`${file}: ${size} MB`)
    return
  }
  const report = inspectAddon(join(root, file))
  console.log(`${file}: ${size} MB, glibc ${report.glibc ?? 'not used'}, loads ${report.needed.join(', ')}`)
  const faults = faultsOf(report, values.glibc ?? report.glibc ?? GLIBC_FLOOR)
  if (faults.length > 0) throw new Error(`${file} ${faults.join('; ')}`)
  if (report.newer.length === 0) return
  console.log(
    `It does not run on glibc ${GLIBC_FLOOR}, the floor of a release: the static libstdc++ and libgcc of this compiler ` +
      `were made on a newer one and use ${report.newer.join(', ')}. Releases are built where that is ${GLIBC_FLOOR}.`,
  )
}

build(values.arch)
check(prebuildPath(process.platform, values.arch, libc()))
