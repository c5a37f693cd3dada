// Packs the package and checks what is inside: npm run package [-- --all] [-- --out DIR]. With --all every prebuilt binary
// of a release must be there. The TypeScript must have been built.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, targets } from './targets.ts'

/** All platforms together; the other libraries' packages are tens to hundreds of megabytes. */
const MAX_BYTES = 10e6

/** What npm says of a packed file. */
interface Packed {
  filename: string
  size: number
  unpackedSize: number
  files: { path: string }[]
}

/** The files that belong into the package: what the sources compile to, the binaries, and three more. */
export function expectedFiles(): string[] {
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''))
    .filter((stem) => !stem.startsWith('report/page/'))
  const compiled = sources.flatMap((stem) => [`${stem}.js`, `${stem}.d.ts`, `commonjs/${stem}.d.ts`])
  const entries = ['commonjs/index.js', 'commonjs/reference/index.js', 'commonjs/package.json']
  // The page of a report is one bundle for browsers.
  const page = ['report/page/main.js', 'report/page/main.css']
  const binaries = targets.filter((target) => existsSync(join(root, 'prebuilds', target)))
  return [
    ...[...compiled, ...entries, ...page].map((name) => `dist/${name}`),
    ...binaries.map((name) => `prebuilds/${name}`),
    ...['LICENSE', 'README.md', 'package.json'],
  ].sort()
}

function npmPack(...args: string[]): Packed {
  const { stdout, stderr, status } = spawnSync('npm', ['pack', '--json', '--ignore-scripts', ...args], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, shell: process.platform === 'win32' },
  })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  return (JSON.parse(stdout) as Packed[])[0]
}

/** What is wrong with a package of these contents; empty when nothing is. */
export function faultsOfPackage(packed: Packed, all: boolean): string[] {
  const found = packed.files.map(({ path }) => path)
  const expected = expectedFiles()
  const missing = expected.filter((path) => !found.includes(path))
  const superfluous = found.filter((path) => !expected.includes(path))
  const faults = [
    ...missing.map((path) => `${path} is missing`),
    ...superfluous.map((path) => `${path} is no part of it`),
  ]
  if (packed.size > MAX_BYTES) faults.push(`${packed.size} bytes are more than ${MAX_BYTES}`)
  if (all) {
    for (const target of targets) if (!found.includes(`prebuilds/${target}`)) faults.push(`no binary ${target}`)
  }
  return faults
}

/** What a package of this state of the project would hold. */
export function listPackage(): Packed {
  return npmPack('--dry-run')
}

/**
 * Packs into a folder and returns the file's path.
 *
 * @throws when the contents are not exactly what they should be
 */
export function pack(out: string, all = false): string {
  mkdirSync(out, { recursive: true })
  const packed = npmPack('--pack-destination', out)
  const faults = faultsOfPackage(packed, all)
  if (faults.length > 0) throw new Error(`the package is not fit to publish: ${faults.join('; ')}`)
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${megabytes(packed.size)}, ${megabytes(packed.unpackedSize)} unpacked`,
  )
  return join(out, packed.filename)
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { all: { type: 'boolean' }, out: { type: 'string', default: root } } })
  pack(values.out, values.all)
}
