import { closeSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { FAREWELLS, FIRST_PIPE, READY_PIPE, type Watched } from './witness.ts'

// The process that `startWitness` starts. It ends with the last of the ranks.

/** Milliseconds that the launcher and MPI have to end the other ranks, and those that a handler of theirs may need after that. */
const PATIENCE = 3000
const LAST_PATIENCE = 2000

const ranks = JSON.parse(process.argv[2]) as Watched[]
/** Those that run, or are in their orderly end. */
const left = new Set(ranks)
const done = new Set<Watched>()
let ending = false

/** Tells which rank ended without a farewell. */
function tell(name: string): void {
  const line =
    `strided: ${name} was killed or crashed: it ended without a word to the others. The job ends with it; ` +
    'where fit saves checkpoints, the same command with resume: true goes on from the last one.\n'
  try {
    writeSync(2, line)
  } catch {
    // Nobody listens any more.
  }
}

/** A process whose pipe is open has not ended, so that its number is still its own. */
function end(signal: NodeJS.Signals): void {
  for (const { pid } of left) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has just ended.
    }
  }
}

/** The launcher ends the other ranks; one like srun may have been told to let them wait for ever. */
function endAll(): void {
  if (ending) return
  ending = true
  setTimeout(() => end('SIGTERM'), PATIENCE)
  setTimeout(() => end('SIGKILL'), PATIENCE + LAST_PATIENCE)
}

ranks.forEach((rank, i) => {
  // The event loop hears of several ends in the order in which they came.
  const pipe = new Socket({ fd: FIRST_PIPE + i, readable: true, writable: false })
  pipe.on('data', (bytes) => {
    done.add(rank)
    if (bytes.toString('latin1') === FAREWELLS.fails) endAll()
    else if (done.size === ranks.length && !ending) process.exit()
  })
  pipe.on('end', () => {
    left.delete(rank)
    if (!done.has(rank) && !ending) {
      tell(rank.name)
      endAll()
    }
    if (left.size === 0) process.exit()
  })
})
// The event loop begins to listen in its next turn, which is over with the second of these.
setImmediate(() =>
  setImmediate(() => {
    writeSync(READY_PIPE, 'r')
    closeSync(READY_PIPE)
  }),
)
