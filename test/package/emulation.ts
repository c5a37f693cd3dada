// Runs the packed package under an emulator of another CPU.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { pack } from '../../packaging/pack.ts'
import { root } from '../../packaging/targets.ts'
import { programs } from './programs.ts'
import { check, finish, must, type Result, runIn } from './tools.ts'

/** `--required`: a missing tool is a failure. `--built`: what is cross-built lies in prebuilds/ already. */
export const options = parseArgs({ options: { required: { type: 'boolean' }, built: { type: 'boolean' } } }).values

/** The end of a training, as the programs print it. */
const trained = (stdout: string) => JSON.parse(stdout) as { first: number; last: number; backend: string }

/** Whether a command can be started. */
export const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

/** A folder in which the packed package is installed, with the dependencies of this checkout. */
export class Installed {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'strided-emulated-'))

  constructor() {
    const modules = join(this.folder, 'node_modules')
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
    const tarball = pack(this.folder)
    must(runIn(this.folder, 'tar', ['-xzf', tarball, '-C', modules]))
    must(runIn(modules, 'mv', ['package', 'strided']))
    writeFileSync(join(this.folder, 'esm.mjs'), programs['esm.mjs'])
    // A project of its own: a package.json further up could claim the name.
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: 'trial', private: true }))
  }

  /** Runs Node, by way of an emulator where `command` begins with one. */
  node(command: readonly string[], args: string[], env: NodeJS.ProcessEnv = {}): Result {
    return runIn(this.folder, command[0], [...command.slice(1), ...args], { ...process.env, ...env })
  }

  strided(command: readonly string[], args: string[], env: NodeJS.ProcessEnv = {}): Result {
    return this.node(command, [join('node_modules', 'strided', 'dist', 'cli', 'main.js'), ...args], env)
  }

  /** What is wrong with what `strided info` says of the instruction sets. */
  infoFault(command: readonly string[], isas: readonly string[], env: NodeJS.ProcessEnv = {}): string | undefined {
    const text = must(this.strided(command, ['info', '--json'], env))
    const info = JSON.parse(text) as { backend: string; isa: string; isas: string[] }
    return info.backend === 'native' && info.isa === isas[0] && info.isas.join() === isas.join() ? undefined : text
  }

  crosscheckFault(command: readonly string[], ...which: string[]): string | undefined {
    const { status, stderr } = this.strided(command, ['crosscheck', '--json', ...which])
    return status === 0 ? undefined : `code ${status}: ${stderr}`
  }

  /** What is wrong with a short training, which must end with the bits that `isa` gives on this machine. */
  trainFault(command: readonly string[], isa: string): string | undefined {
    const here = must(this.node([process.execPath], ['esm.mjs'], { STRIDED_ISA: isa }))
    const there = must(this.node(command, ['esm.mjs']))
    const { first, last, backend } = trained(there)
    if (backend !== 'native' || !(last < first / 2)) return `it did not train: ${there}`
    return there === here ? undefined : `expected ${here} as on this machine, got ${there}`
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * Runs checks where the tools for them are there. Where one is missing that is said, and is a failure only with
 * `--required`, as on a machine that was to have them.
 */
export function emulate(missing: readonly string[], checks: (installed: Installed) => void): void {
  if (missing.length > 0) {
    console.log(`skipped: needs ${missing.join('; ')}`)
    if (options.required) process.exitCode = 1
    return
  }
  const installed = new Installed()
  try {
    checks(installed)
  } catch (error) {
    check('the checks ran to their end', () => (error as Error).message)
  } finally {
    installed.remove()
  }
  finish()
}
