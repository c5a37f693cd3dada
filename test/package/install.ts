// Installs the packed package as a user would, where there is no compiler and no network, and trains with it:
//   npm run test:package [-- --nodes 20.20.2,22.23.3]
// Without --nodes on the Node that runs this. Others come from the registry, into .cache/node. Only getting those and the
// dependencies, before the install, uses the network.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { libc } from '../../lib/kernels/addon.ts'
import { pack } from '../../packaging/pack.ts'
import { prebuildPath, root } from '../../packaging/targets.ts'
import { programs } from './programs.ts'
import {
  check,
  finish,
  must,
  nodeBinary,
  npm,
  npmScript,
  providePrebuild,
  type Result,
  runIn,
  windows,
} from './tools.ts'

const { values } = parseArgs({ options: { nodes: { type: 'string', default: process.versions.node } } })
const require = createRequire(import.meta.url)
const scratch = mkdtempSync(join(tmpdir(), 'strided-install-'))
const project = join(scratch, 'project')

const run = (command: string, args: string[], env = process.env, cwd = project) => runIn(cwd, command, args, env)

// A namespace without a network device, where the system lets us have one.
const cutOff = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
].find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0)
const cutOffPath =
  cutOff === undefined ? '' : must(run('sh', ['-c', `command -v ${cutOff[0]}`], process.env, root)).trim()

/** Runs a Node without network, with nothing else on PATH. */
function isolated(node: string, args: string[], more: NodeJS.ProcessEnv = {}): Result {
  const bin = join(scratch, 'bin')
  const env: NodeJS.ProcessEnv = { PATH: bin, HOME: scratch, SystemRoot: process.env.SystemRoot, ...more }
  if (cutOff === undefined) return run(node, args, env)
  return run(cutOffPath, [...cutOff.slice(1), node, ...args], env)
}

/** Packs, fills a cache with the dependencies, and installs into an empty folder from that cache alone. */
function install(): void {
  providePrebuild()
  const tarball = pack(scratch)
  const cache = join(scratch, 'cache')
  const warm = join(scratch, 'warm')
  for (const folder of [warm, project, join(scratch, 'bin')]) mkdirSync(folder)
  for (const folder of [warm, project]) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  if (!windows) symlinkSync(process.execPath, join(scratch, 'bin', 'node'))
  npm(['install', '--cache', cache, tarball], warm)
  const args = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache, tarball]
  must(isolated(process.execPath, [npmScript!, ...args]))
}

/** Compiles the TypeScript programs against the installed declarations, which are checked as well. */
function compile(name: string, ...options: string[]): string | undefined {
  const tsc = require.resolve('typescript/bin/tsc')
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')]
  const strict = ['--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', ...types]
  const { status, stdout } = run(process.execPath, [tsc, name, ...strict, ...options])
  return status === 0 ? undefined : stdout.slice(0, 2000)
}

function bundle(name: string, format: string, out: string, external: string[] = []): string | undefined {
  const build = `require(${JSON.stringify(require.resolve('esbuild'))}).buildSync(JSON.parse(process.argv[1]))`
  const options = { entryPoints: [name], bundle: true, platform: 'node', format, outfile: out, logLevel: 'error' }
  const more = { external: ['*.node', 'sharp', ...external], absWorkingDir: project }
  const { status, stderr } = run(process.execPath, ['-e', build, JSON.stringify({ ...options, ...more })])
  return status === 0 ? undefined : stderr
}

/** Worker threads read the data; in a bundle, which lacks the file they run, an error says what to do. */
function checkWorkers(): void {
  const sums = (file: string) => JSON.parse(must(isolated(process.execPath, [file]))) as (number | string)[]
  check('worker threads of a DataLoader: installed', () => {
    const [alone, together] = sums('loader.mjs')
    return typeof alone === 'number' && together === alone ? undefined : `${alone}, ${together}`
  })
  for (const [format, file] of [
    ['esm', 'loader_bundle.mjs'],
    ['cjs', 'loader_bundle.cjs'],
  ]) {
    check(`worker threads of a DataLoader: bundled as ${format}, an error names the cure`, () => {
      const fault = bundle('loader.mjs', format, file)
      if (fault !== undefined) return fault
      const [alone, error] = sums(file)
      const clear = /^DataLoader: .*leave strided out of the bundle \(esbuild --external:strided\)/.test(String(error))
      return typeof alone === 'number' && clear ? undefined : `${alone}, ${error}`
    })
    check(`worker threads of a DataLoader: bundled as ${format} without strided`, () => {
      const fault = bundle('loader.mjs', format, file, ['strided'])
      if (fault !== undefined) return fault
      const [alone, together] = sums(file)
      return typeof alone === 'number' && together === alone ? undefined : `${alone}, ${together}`
    })
  }
}

let reference: string | undefined

/** Runs a program, which must have trained, on the addon, and to the same bits as every other. */
function trains(node: string, args: string[], env: NodeJS.ProcessEnv = {}): string | undefined {
  const { status, stdout, stderr } = isolated(node, args, env)
  if (status !== 0) return `code ${status}: ${stderr}`
  if (/StridedWarning/.test(stderr)) return stderr
  const { first, last, backend } = JSON.parse(stdout) as { first: number; last: number; backend: string }
  if (backend !== 'native') return `computed on ${backend}`
  if (!(last < first / 2)) return `the loss went from ${first} to ${last}`
  reference ??= stdout
  return stdout === reference ? undefined : `expected ${reference} as before, got ${stdout}`
}

function checkNode(version: string): void {
  const node = nodeBinary(version)
  const major = Number(version.split('.')[0])
  const found = must(isolated(node, ['--version'])).trim()
  const on = `Node ${found}:`
  if (found !== `v${version}`) throw new Error(`expected Node ${version}, got ${found}`)
  const permission = [major === 20 ? '--experimental-permission' : '--permission', '--allow-addons']
  check(`${on} ES module`, () => trains(node, ['esm.mjs']))
  check(`${on} CommonJS, one library with import`, () => trains(node, ['commonjs.cjs']))
  check(`${on} TypeScript, ES module`, () => trains(node, ['typescript.mjs']))
  check(`${on} TypeScript, CommonJS`, () => trains(node, ['typescript_commonjs.cjs']))
  check(`${on} two workers and the main thread at once`, () => trains(node, ['workers.mjs']))
  check(`${on} after process.chdir`, () => trains(node, ['chdir.mjs']))
  check(`${on} ${permission.join(' ')}`, () => trains(node, [...permission, '--allow-fs-read=*', 'esm.mjs']))
  check(`${on} bundled as ES module, addon external`, () => trains(node, ['bundle.mjs']))
  check(`${on} bundled as CommonJS, addon external`, () => trains(node, ['bundle.cjs']))
  check(`${on} strided info`, () => {
    const info = must(isolated(node, [join('node_modules', 'strided', 'dist', 'cli', 'main.js'), 'info', '--json']))
    const { backend } = JSON.parse(info) as { backend: string }
    return backend === 'native' ? undefined : info
  })
}

/** An addon with another text for its version, of the same length, so that nothing moves. */
function ofAnotherVersion(addon: Buffer): Buffer {
  const { version } = require(join(root, 'package.json')) as { version: string }
  const other = Buffer.from(`\0${version.slice(0, -1)}z\0`)
  for (let at = addon.indexOf(`\0${version}\0`); at >= 0; at = addon.indexOf(`\0${version}\0`, at + 1))
    other.copy(addon, at)
  return addon
}

/** What happens where the binary is of another version, broken or missing. */
function checkFallback(): void {
  const path = join(project, 'node_modules', 'strided', prebuildPath(process.platform, process.arch, libc()))
  const states: [string, () => void][] = [
    ['a binary of another version', () => writeFileSync(path, ofAnotherVersion(readFileSync(path)))],
    ['a broken binary', () => writeFileSync(path, 'no binary')],
    ['no binary', () => rmSync(path)],
  ]
  for (const [name, make] of states) {
    make()
    check(`${name}: the reference trains, with one warning that says where it looked`, () => {
      const { status, stdout, stderr } = isolated(process.execPath, ['workers.mjs'])
      if (status !== 0) return stderr
      const { first, last, backend } = JSON.parse(stdout) as { first: number; last: number; backend: string }
      if (backend !== 'reference' || !(last < first / 2)) return stdout
      if (!stderr.includes(path) || !stderr.includes('Install the package again')) return `the warning is ${stderr}`
      const once = isolated(process.execPath, ['esm.mjs']).stderr
      return once.match(/StridedWarning/g)?.length === 1 ? undefined : `expected one warning, got ${once}`
    })
    check(`${name}: STRIDED_BACKEND=native is an error`, () => {
      const { status, stderr } = isolated(process.execPath, ['esm.mjs'], { STRIDED_BACKEND: 'native' })
      return status === 1 && stderr.includes(`${path}: `) ? undefined : `code ${status}: ${stderr}`
    })
  }
}

function main(): void {
  console.log(
    `without network: ${cutOff === undefined ? 'npm --offline only' : cutOff.join(' ')}; nothing on PATH but node`,
  )
  install()
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(project, name), text)
  const modern = ['--module', 'esnext', '--moduleResolution', 'bundler']
  check('types: node16, ES module', () => compile('typescript.mts', '--module', 'node16'))
  check('types: node16, CommonJS', () => compile('typescript_commonjs.cts', '--module', 'node16'))
  check('types: nodenext', () => compile('typescript.mts', '--module', 'nodenext', '--noEmit'))
  check('types: bundler', () => compile('typescript.mts', ...modern, '--noEmit'))
  const tarball = join(scratch, `strided-${(require(join(root, 'package.json')) as { version: string }).version}.tgz`)
  const tool = (script: string, ...args: string[]) => {
    const path = join(root, 'node_modules', script)
    const { status, stdout, stderr } = run(process.execPath, [path, tarball, ...args])
    return status === 0 ? undefined : `${stdout}${stderr}`
  }
  // Resolution before Node 12, which knows no exports, finds the main entry but not strided/reference.
  check('types: are the types wrong?', () => tool('@arethetypeswrong/cli/dist/index.js', '--profile', 'node16'))
  check('manifest: publint', () => tool('publint/src/cli.js', '--strict'))
  check('esbuild: ES module', () => bundle('esm.mjs', 'esm', 'bundle.mjs'))
  check('esbuild: CommonJS', () => bundle('esm.mjs', 'cjs', 'bundle.cjs'))
  checkWorkers()
  for (const version of values.nodes.split(',')) checkNode(version)
  checkFallback()
}

// npm itself needs to find node; nothing else may be found.
process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
try {
  main()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
finish()
