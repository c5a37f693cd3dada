import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What the environment says of the launcher that started this process. */
export interface Launch {
  /** Processes of the job; null where only the library knows. */
  size: number | null
  /** The family that the launcher belongs to; null where it starts both. */
  family: MpiFamily | null
  /** Where it starts both, the one that is more likely to understand how it introduces ranks to each other. */
  likely?: MpiFamily
}

export type MpiFamily = 'Open MPI' | 'MPICH'

type Variables = Readonly<Record<string, string | undefined>>

/** The launcher's traces: `mpirun` of either family, `srun`, and whatever else speaks PMIx. Null without one. */
export function findLaunch(variables: Variables): Launch | null {
  const number = (name: string): number | null => (variables[name] === undefined ? null : Number(variables[name]))
  const openMpi = number('OMPI_COMM_WORLD_SIZE')
  if (openMpi !== null) return { size: openMpi, family: 'Open MPI' }
  // Both families understand what srun and other resource managers speak.
  const step = variables.SLURM_PROCID === undefined ? null : number('SLURM_STEP_NUM_TASKS')
  const size = number('PMI_SIZE') ?? step
  if (variables.PMI_RANK !== undefined && variables.SLURM_PROCID === undefined) return { size, family: 'MPICH' }
  if (size !== null || variables.PMI_RANK !== undefined || variables.PMIX_RANK !== undefined) {
    // PMI is MPICH's own. Open MPI speaks PMIx alone, unless it was built with Slurm's library.
    const likely = variables.PMI_RANK !== undefined && variables.PMIX_RANK === undefined ? 'MPICH' : 'Open MPI'
    return { size, family: null, likely }
  }
  return null
}

const NAMES: Record<string, Record<MpiFamily, string[]>> = {
  linux: {
    'Open MPI': ['libmpi.so.40'],
    // Debian names MPICH's own; Intel MPI, MVAPICH and Cray MPI have the other.
    MPICH: ['libmpich.so.12', 'libmpi.so.12'],
  },
  darwin: {
    'Open MPI': ['libmpi.40.dylib', '/opt/homebrew/lib/libmpi.40.dylib', '/usr/local/lib/libmpi.40.dylib'],
    MPICH: ['libmpi.12.dylib', '/opt/homebrew/lib/libmpi.12.dylib', '/usr/local/lib/libmpi.12.dylib'],
  },
}

/** File names of MPI libraries, those of the launcher's family alone where it has one. */
export function libraryNames(platform: string, { family, likely }: Omit<Launch, 'size'>): string[] {
  const names = NAMES[platform]
  if (names === undefined) return []
  if (family !== null) return names[family]
  return likely === 'MPICH' ? [...names.MPICH, ...names['Open MPI']] : [...names['Open MPI'], ...names.MPICH]
}

/** What to do when a library does not see the processes that the launcher started. */
export function strangerAdvice(variables: Variables): string {
  return variables.SLURM_PROCID === undefined
    ? 'launcher and library have to be of the same installation: name the library in STRIDED_MPI, or use its own mpirun'
    : 'srun has to speak what the library does: srun --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH; STRIDED_MPI names the library'
}

/** Which packages bring an MPI. */
export function installAdvice(platform: string, family: MpiFamily | null): string {
  const named = (open: string, mpich: string): string =>
    family === 'Open MPI' ? open : family === 'MPICH' ? mpich : `${open} or ${mpich}`
  if (platform === 'linux') {
    const [debian, fedora] = [named('openmpi-bin', 'mpich'), named('openmpi', 'mpich')]
    return `install one (Debian and Ubuntu: apt-get install ${debian}; Fedora: dnf install ${fedora})`
  }
  if (platform === 'darwin') return `install one (brew install ${named('open-mpi', 'mpich')})`
  return 'MPI is supported on Linux and macOS'
}

/** The processors that this process may run on, and on which machine. */
export interface Place {
  machine: string
  /** As the kernel lists them, such as `0-3,8`; empty where it does not say. */
  cpus: string
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Of this process. */
export function placeOfProcess(): Place {
  // A kernel is one machine, whatever its containers call themselves.
  const machine = textOf('/proc/sys/kernel/random/boot_id').trim() || hostname()
  const [, cpus = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(textOf('/proc/self/status')) ?? []
  return { machine, cpus }
}

/** The numbers in a list such as `0-3,8`. */
function processors(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/**
 * Threads for rank `rank` out of the `available` ones of its process: its share where ranks run on the same processors, all of
 * them where the launcher gave each its own.
 */
export function threadsPerRank(available: number, places: readonly Place[], rank: number): number {
  const own = places[rank]
  const mine = new Set(processors(own.cpus))
  const rivals = places.filter(
    ({ machine, cpus }) =>
      machine === own.machine && (own.cpus === '' || processors(cpus).some((cpu) => mine.has(cpu))),
  )
  return Math.max(1, Math.floor(available / rivals.length))
}
