// What the commands that try the package have in common: running programs, counting checks, getting Nodes.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { libc, type NativeAddon } from '../../lib/kernels/addon.ts'
import { prebuildPath, root } from '../../packaging/targets.ts'

export const windows = process.platform === 'win32'

let passed = 0
let failed = 0

/** Counts a test, which returns or throws what is wrong. */
export function check(name: string, test: () => string | undefined): void {
  let fault: string | undefined
  try {
    fault = test()
  } catch (error) {
    fault = (error as Error).message
  }
  if (fault === undefined) passed++
  else failed++
  console.log(fault === undefined ? `ok      ${name}` : `FAILED  ${name}: ${fault}`)
}

/** Says how many checks passed; the process ends with code 1 when one did not. */
export function finish(): void {
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1
}

export interface Result {
  status: number | null
  stdout: string
  stderr: string
}

export function runIn(cwd: string, command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Result {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...{ cwd, env, encoding: 'utf8', timeout: 600_000, maxBuffer: 1 << 26 },
  })
  return { status, stdout, stderr: error === undefined ? stderr : `${stderr}${error.message}` }
}

export function must(result: Result): string {
  if (result.status !== 0) throw new Error(`code ${result.status}: ${result.stderr}${result.stdout}`)
  return result.stdout
}

/** npm as a script, which needs no shell on Windows and can be started by any Node. */
export const npmScript = [
  process.env.npm_execpath ?? '',
  join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
].find((path) => path.endsWith('npm-cli.js') && existsSync(path))

export function npm(args: string[], cwd: string): string {
  if (npmScript === undefined) throw new Error('expected npm beside Node')
  return must(runIn(cwd, process.execPath, [npmScript, ...args, '--ignore-scripts']))
}

/** The binary of a Node version, from the registry's package of this system and an architecture. */
export function nodeBinary(version: string, arch: string = process.arch): string {
  if (version === process.versions.node && arch === process.arch) return process.execPath
  const folder = join(root, '.cache', 'node', arch === process.arch ? version : `${version}-${arch}`)
  const name = `node-${windows ? 'win' : process.platform}-${arch}`
  const binary = join(folder, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    // npm refuses what does not run here, unless it is forced.
    const force = arch === process.arch ? [] : ['--force']
    npm(['install', '--no-package-lock', ...force, `${name}@${version}`], folder)
  }
  return binary
}

/** The functions of an addon's environments, by name. */
function functionsOf(file: string): string {
  const addon = createRequire(import.meta.url)(file) as NativeAddon
  return Object.keys(addon.createEnvironment({ isa: 'scalar', threads: 1, guard: 'none' })).join()
}

/** The binary of this platform: of `npm run prebuild`, or else of the daily build. */
export function providePrebuild(): void {
  const path = join(root, prebuildPath(process.platform, process.arch, libc()))
  const built = join(root, 'build', 'Release', 'strided.node')
  const there = existsSync(path)
  // Of the same version, one that was left from before a change of the sources would be taken for good.
  if (there && (!existsSync(built) || functionsOf(path) === functionsOf(built))) return
  console.log(
    `${there ? 'the prebuilt binary is old' : 'there is no prebuilt binary'} (npm run prebuild): taking build/`,
  )
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  cpSync(built, path)
  if (process.platform === 'linux') must(runIn(root, 'strip', ['--strip-all', path]))
}
