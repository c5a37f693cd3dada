import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** An MPI that is installed here. */
export interface Family {
  name: 'Open MPI' | 'MPICH'
  /** Its launcher, and what every call needs. */
  launcher: string
  options: string[]
  /** Its compiler, which knows where its headers are. */
  compiler: string
}

const KNOWN: (Family & { says: RegExp; launchers: string[] })[] = [
  {
    name: 'Open MPI',
    says: /Open MPI|OpenRTE/,
    launchers: ['mpirun.openmpi', 'mpirun'],
    launcher: '',
    // More ranks than cores, and root in a container, are refused unless one insists.
    options: ['--oversubscribe', '--allow-run-as-root'],
    compiler: 'mpicxx.openmpi',
  },
  {
    name: 'MPICH',
    says: /HYDRA/,
    launchers: ['mpirun.mpich', 'mpiexec.hydra', 'mpirun'],
    launcher: '',
    options: [],
    compiler: 'mpicxx.mpich',
  },
]

/** Those that are installed, and the names of those that are not. */
export function findFamilies(): { found: Family[]; missing: string[] } {
  const found: Family[] = []
  const missing: string[] = []
  for (const { says, launchers, ...family } of KNOWN) {
    const launcher = launchers.find((name) =>
      says.test(spawnSync(name, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
    )
    if (launcher === undefined) missing.push(family.name)
    else found.push({ ...family, launcher })
  }
  return { found, missing }
}

const folder = fileURLToPath(new URL('../..', import.meta.url))

/** Every rank computes with one thread, or ranks that wait would take the processors from those that compute. */
const variables = (extra: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: '',
  STRIDED_NUM_THREADS: '1',
  ...extra,
})

export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs a program of this folder on some ranks, to its end. */
export function runRanks(
  { launcher, options }: Family,
  ranks: number,
  program: string,
  args: readonly string[] = [],
  extra: Record<string, string> = {},
): Ended {
  const command = [...options, '-n', String(ranks), process.execPath, `test/mpi/programs/${program}.mjs`, ...args]
  const ended: SpawnSyncReturns<string> = spawnSync(launcher, command, {
    cwd: folder,
    encoding: 'utf8',
    env: variables(extra),
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr }
}

/** The same without a launcher. */
export function runAlone(program: string, args: readonly string[] = [], extra: Record<string, string> = {}): Ended {
  const ended = spawnSync(process.execPath, [`test/mpi/programs/${program}.mjs`, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: variables(extra),
    timeout: 120_000,
  })
  return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr }
}

/** Starts a program on some ranks; `onText` hears what it prints and may end ranks. Resolves to how the job ended. */
export function startRanks(
  { launcher, options }: Family,
  ranks: number,
  program: string,
  args: readonly string[],
  onText: (text: string) => void,
  extra: Record<string, string> = {},
): Promise<Ended> {
  const command = [...options, '-n', String(ranks), process.execPath, `test/mpi/programs/${program}.mjs`, ...args]
  const child = spawn(launcher, command, { cwd: folder, env: variables(extra) })
  const ended: Ended = { status: null, stdout: '', stderr: '' }
  child.stdout.on('data', (bytes) => {
    ended.stdout += bytes
    onText(ended.stdout)
  })
  child.stderr.on('data', (bytes) => {
    ended.stderr += bytes
  })
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ ...ended, status }))
  })
}
