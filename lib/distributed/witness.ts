// Who tells which rank was killed, under launchers that do not.
//
// Nothing in a rank can: MPICH's launcher kills the others within microseconds, before a thread of theirs could write a line. So one
// small process, out of the reach of the launcher's signals, holds the other ends of pipes that the ranks hold open. The kernel
// closes them in the order in which ranks end, whatever they were doing; the first that closes without a farewell is to be told.
// The same process ends the ranks that are left when the launcher does not, as srun does not unless it is told to.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a rank says before it ends: that it is done, or that it fails in its own words and ends the job. */
export const FAREWELLS = { done: 'd', fails: 'f' } as const

/** The descriptor at which the witness says that it watches, and the first of its ends of the pipes, one for each rank. */
export const READY_PIPE = 3
export const FIRST_PIPE = 4

/** Name of the pipe for the former; the others have the numbers of ranks. */
const READY = 'ready'

/** A rank as the witness knows it. */
export interface Watched {
  pid: number
  /** As messages name it. */
  name: string
}

/** This rank's end of its pipe; null where nobody watches. */
let pipe: number | null = null

/** Ends the watch over this rank. */
export function tellWitness(farewell: keyof typeof FAREWELLS): void {
  if (pipe === null) return
  writeSync(pipe, FAREWELLS[farewell])
  pipe = null
}

/** The file that the witness runs; null in a bundle, which does not hold it. */
function witnessFile(): string | null {
  // Absent in a bundle of CommonJS form.
  const here: string | undefined = import.meta.url
  if (here === undefined) return null
  const file = fileURLToPath(new URL(`./witness_process${here.endsWith('.ts') ? '.ts' : '.js'}`, here))
  return existsSync(file) ? file : null
}

/** What `fn` returns; null where the machine does not let it. */
function ifAllowed<T>(fn: () => T): T | null {
  try {
    return fn()
  } catch {
    return null
  }
}

/** A folder with a pipe for each rank, which nobody but this user can open; null where it cannot be made. */
export function makePipes(size: number): string | null {
  if (witnessFile() === null) return null
  const folder = ifAllowed(() => mkdtempSync(join(tmpdir(), 'strided-ranks-')))
  if (folder === null) return null
  const names = [READY, ...Array(size).keys()].map((name) => join(folder, String(name)))
  if (ifAllowed(() => spawnSync('mkfifo', ['-m', '600', ...names]).status) === 0) return folder
  rmSync(folder, { recursive: true, force: true })
  return null
}

/**
 * Starts the process that watches over ranks which hold their pipes open, and waits until it does: of ends before that it could not
 * tell the order.
 *
 * @param stderr where it tells, a descriptor
 */
export function startWitness(folder: string, ranks: readonly Watched[], stderr = 2) {
  const file = witnessFile()!
  // Without waiting for somebody at the other end.
  const open = (name: string | number): number =>
    openSync(join(folder, String(name)), constants.O_RDONLY | constants.O_NONBLOCK)
  const pipes = ranks.map((_, rank) => open(rank))
  const early = open(READY)
  const ready = openSync(join(folder, READY), 'w')
  const answer = openSync(join(folder, READY), 'r')
  // Sources run by way of a loader that the arguments of this process bring; the compiled file needs nothing.
  const args = file.endsWith('.ts') ? process.execArgv : []
  const witness = spawn(process.execPath, [...args, file, JSON.stringify(ranks)], {
    stdio: ['ignore', 'ignore', stderr, ready, ...pipes],
    // A process group of its own: launchers kill whole groups.
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  // Where there can be no more processes, nobody watches.
  witness.on('error', () => {})
  witness.unref()
  for (const end of [...pipes, early, ready]) closeSync(end)
  // Nothing comes when it could not start.
  readSync(answer, new Uint8Array(1))
  closeSync(answer)
  return witness
}

/**
 * Has a witness watch over all ranks; each of them has to call it. Without a word there is none where ranks run on several machines,
 * which lose theirs in no known order, where named pipes cannot be made, and in a bundle.
 *
 * @param machines of each rank
 * @param gather what every rank gives, in the order of ranks
 */
export function callWitness(rank: number, machines: readonly string[], gather: <T>(value: T) => T[]): void {
  if (machines.some((machine) => machine !== machines[0])) return
  const [folder] = gather(rank === 0 ? makePipes(machines.length) : null)
  if (folder === null) return
  // Open for both directions waits for nobody, and never finds the other end closed.
  const own = ifAllowed(() => openSync(join(folder, String(rank)), constants.O_RDWR))
  const size = machines.length
  const { pid } = process
  const name = `rank ${rank} of ${size} (process ${pid} on ${hostname()})`
  const all = gather<Watched | null>(own === null ? null : { pid, name }).filter((one) => one !== null)
  if (rank === 0) {
    if (all.length === size) ifAllowed(() => startWitness(folder, all))
    // Descriptors are all that is left of the pipes.
    rmSync(folder, { recursive: true, force: true })
  }
  // Nobody ends before the witness watches.
  gather(null)
  pipe = own
}
