// Builds the addon with a sanitizer and runs the tests of everything native with it:
// npm run test:asan|test:ubsan|test:tsan -- [--short] [TEST...]
// With --short some of the tests, with a build that is not optimized and takes minutes less.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A sanitizer: its runtime, which must be in the process before Node's own code, and its settings. */
interface Sanitizer {
  library: string
  variable: string
  options: string
  /** Further settings for code that is not optimized. */
  unoptimized?: string
}

const sanitizers: Readonly<Record<string, Sanitizer>> = {
  address: {
    library: 'libasan.so',
    variable: 'ASAN_OPTIONS',
    // Node leaves memory to the end of its process; blocks of the pool are counted by the tests (test/support/check_op.ts).
    options: 'detect_leaks=0',
    // Optimized code expects frames that are aligned to 64 bytes where a register is kept in one; those that GCC 12 keeps
    // until after the return are not.
    unoptimized: ':detect_stack_use_after_return=1',
  },
  undefined: { library: 'libubsan.so', variable: 'UBSAN_OPTIONS', options: 'print_stacktrace=1' },
  thread: {
    library: 'libtsan.so',
    variable: 'TSAN_OPTIONS',
    // Node and V8 are not instrumented: how they synchronize cannot be seen, so only races with the addon's code on at least
    // one side count.
    options: 'ignore_noninstrumented_modules=1:halt_on_error=1:report_signal_unsafe=0',
  },
}

/** All that runs native code. */
const WHOLE = [
  'test/native',
  'test/kernels',
  'test/golden',
  'test/ops',
  'test/optim',
  'test/fuzz',
  'test/autograd',
  'test/memory',
]
/** Judges resident memory, to which a sanitizer adds its shadow and what it holds back after free. */
const WITHOUT = 'test/memory/plain_loop.test.ts'
/** Some of every kind: memory and threads, products, copies, steps, and one program of every family that fuzzing stumbled over. */
const SHORT = [
  'native/pad',
  'native/linear',
  'native/copy',
  'native/adam',
  'kernels/worker_threads',
  'fuzz/regressions',
].map((name) => `test/${name}.test.ts`)

/** Where the compiler that builds the addon keeps a sanitizer's runtime. */
function runtimeOf(library: string): string {
  const compiler = process.env.CXX ?? 'g++'
  return spawnSync(compiler, [`-print-file-name=${library}`], { encoding: 'utf8' }).stdout.trim()
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  return status ?? (signal === null ? 1 : 128)
}

/** What the sanitizer wrote, whichever process it was in. */
function reportsIn(folder: string): string[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
}

function testWith(name: string, tests: readonly string[], short: boolean): number {
  const { library, variable, options, unoptimized = '' } = sanitizers[name]
  const build = ['native/build.mjs', '--with', 'cmake', '--sanitize', name, ...(short ? ['--debug'] : [])]
  if (run(process.execPath, build) !== 0) return 1
  const folder = mkdtempSync(join(tmpdir(), 'strided-sanitize-'))
  const env = {
    LD_PRELOAD: runtimeOf(library),
    [variable]: `${options}${short ? unoptimized : ''}:log_path=${join(folder, 'report')}`,
    NODE_OPTIONS: `--require ${join(root, 'test/sanitize/addon.cjs')}`,
    STRIDED_SANITIZED_ADDON: join(root, short ? `build-${name}-debug/Debug` : `build-${name}/Release`, 'strided.node'),
  }
  const vitest = [
    process.execPath,
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--testTimeout=600000',
    `--exclude=${WITHOUT}`,
    ...tests,
  ]
  // ThreadSanitizer's shadow memory has no room for the addresses that randomization may choose.
  const command = name === 'thread' ? ['setarch', '-R', ...vitest] : vitest
  const status = run(command[0], command.slice(1), env)
  const reports = reportsIn(folder)
  rmSync(folder, { recursive: true })
  for (const report of reports) process.stderr.write(`${report}\n`)
  process.stdout.write(`${name} sanitizer: ${reports.length} reports from ${tests.join(' ')}\n`)
  return status === 0 && reports.length === 0 ? 0 : 1
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false } },
})
const [name, ...tests] = positionals
const { short } = values
process.exitCode = testWith(name, tests.length > 0 ? tests : short ? SHORT : WHOLE, short)
