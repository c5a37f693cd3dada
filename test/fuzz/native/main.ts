// Builds the addon with a coverage-guided fuzzer, libFuzzer, in place of Node and lets it search:
// npm run fuzz:native -- --minutes N --seed S, or with --runs N in place of minutes the same inputs for the same build; with
// --short from a build that takes minutes less and searches more slowly.
// What a finding needs to be repeated lies in build-fuzz/findings: npm run fuzz:native -- --input FILE.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Bytes of the longest input. */
const LONGEST = 512
/** Seconds after which one input counts as hanging. */
const PATIENCE = 60

function has(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`)
}

function build(): void {
  const headers = ['node-api-headers/include', 'node-addon-api'].map((name) => join(root, 'node_modules', name))
  const options = [
    '-DSTRIDED_FUZZ=ON',
    `-DCMAKE_BUILD_TYPE=${values.short ? 'Debug' : 'Release'}`,
    '-DCMAKE_CXX_COMPILER=clang++',
    `-DCMAKE_JS_INC=${headers.join(';')}`,
  ]
  run('cmake', ['-S', root, '-B', folder, ...options])
  run('cmake', ['--build', folder, '--parallel', process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? `${availableParallelism()}`])
}

function search(limit: string, seed: string): number {
  const corpus = mkdtempSync(join(tmpdir(), 'strided-fuzz-'))
  const findings = join(folder, 'findings/')
  mkdirSync(findings, { recursive: true })
  const args = [limit, `-seed=${seed}`, `-max_len=${LONGEST}`, `-timeout=${PATIENCE}`, `-artifact_prefix=${findings}`]
  const status = start([...args, '-print_final_stats=1', '-verbosity=0', '-print_funcs=0', '-len_control=0', corpus])
  rmSync(corpus, { recursive: true })
  return status
}

function start(args: readonly string[]): number {
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' }
  return spawnSync(join(folder, 'fuzz_native'), args, { stdio: 'inherit', env }).status ?? 1
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    input: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
})
const folder = join(root, values.short ? 'build-fuzz-short' : 'build-fuzz')
const missing = ['clang++', 'cmake'].filter((command) => !has(command))
if (missing.length > 0) {
  process.stdout.write(`skipped: ${missing.join(' and ')} not found\n`)
} else {
  build()
  const seconds = Math.round(Number(values.minutes ?? 1) * 60)
  const limit = values.runs === undefined ? `-max_total_time=${seconds}` : `-runs=${values.runs}`
  process.exitCode = values.input === undefined ? search(limit, values.seed) : start([values.input])
}
