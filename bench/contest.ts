import { type Child, type Reply, TimeoutError } from './child.ts'
import { interleave, type Plan } from './measure.ts'
import { makeRow, type PeerKey, type PeerTimes, type Row, type RowHead } from './row.ts'

/** One who takes part in a contest: a process and the problem it sets up. */
export interface Entry {
  /** `ours`, or whose time it is. Of several with the same key the fastest counts. */
  key: PeerKey | 'ours'
  /** Name in notes. */
  title: string
  child: Child
  /** The problem as this process takes it. */
  setup: object
}

/** One row to be measured. */
export interface Contest {
  head: RowHead
  /** Ours first. */
  entries: Entry[]
  /** Operations and bytes of one call. */
  work: { flops?: number; bytes?: number }
  /** Positions whose values are compared, and what they should be; where that is left out, ours must equal the peers'. */
  sample?: number[]
  expected?: ArrayLike<number>
}

export interface Limits extends Plan {
  warmMs: number
  /** A peer whose call takes longer is left out as too slow. */
  slowestMs: number
}

/** What came of a contest. Without a row, the notes say why. */
export interface Outcome {
  row: Row | null
  notes: string[]
}

// Setting up and every slice end by themselves soon after their time, or something is wrong.
const PATIENCE_MS = 60_000

/**
 * How far results may be apart, relative to the root mean square of the expected ones. Winograd's largest errors stay
 * below 1e-4 of it; a wrong index, border or tap shows at the size of the results themselves.
 */
export const TOLERANCE = 1e-3

/** Why `got` is not `expected`, or null when it is. */
export function difference(got: unknown, expected: ArrayLike<number>): string | null {
  if (!Array.isArray(got) || got.length !== expected.length) return 'gave no values to compare'
  let squares = 0
  for (let i = 0; i < expected.length; i++) squares += expected[i] ** 2
  const rms = Math.sqrt(squares / expected.length)
  for (let i = 0; i < expected.length; i++) {
    // JSON has no NaN; it arrives as null.
    if (!(Math.abs((got[i] ?? Number.NaN) - expected[i]) <= TOLERANCE * rms)) {
      return `value ${i} of ${expected.length} is ${got[i]}, expected ${expected[i]}, root mean square ${rms}`
    }
  }
  return null
}

/** What a reply to `setup` is compared with. */
interface Wanted {
  values?: ArrayLike<number>
  /** Number of a model's parameters. */
  parameters?: unknown
}

/** Why a reply to `setup` is wrong, or null when it is right. */
function mistake(reply: Reply, wanted: Wanted): string | null {
  if (wanted.parameters !== undefined && reply.parameters !== wanted.parameters) {
    return `${reply.parameters} parameters, ours has ${wanted.parameters}`
  }
  const compared = wanted.values !== undefined && reply.compare !== false
  return compared ? difference(reply.values, wanted.values!) : null
}

/** An entry that is set up and may be timed. */
interface Ready {
  entry: Entry
  slot: string
}

/**
 * Sets everybody up, compares their results, warms up, and times them by turns. A peer that fails, differs or is too
 * slow is left out with a note; when ours fails or is wrong there is no row.
 */
export async function hold(contest: Contest, limits: Limits): Promise<Outcome> {
  const notes: string[] = []
  const ready: Ready[] = []
  let wanted: Wanted = { values: contest.expected }
  for (const [i, entry] of contest.entries.entries()) {
    const slot = String(i)
    try {
      const reply = await tryOut(entry, slot, contest, limits, wanted)
      if (entry.key === 'ours')
        wanted = { values: wanted.values ?? (reply.values as number[]), parameters: reply.parameters }
      ready.push({ entry, slot })
    } catch (error) {
      const slow = `too slow, more than ${limits.slowestMs / 1000} s`
      notes.push(`${entry.title}: ${error instanceof TimeoutError ? slow : (error as Error).message}`)
      if (entry.key === 'ours') break
    }
  }
  const row = ready[0]?.entry.key === 'ours' ? await time(contest, ready, limits) : null
  for (const child of new Set(contest.entries.map(({ child }) => child))) {
    await child.request({ cmd: 'clear' }, PATIENCE_MS).catch(() => child.close())
  }
  return { row, notes }
}

/**
 * Sets an entry up, compares and warms up.
 *
 * @throws {TimeoutError} when it is too slow
 * @throws {Error} when it fails or its result is wrong
 */
async function tryOut(
  { child, setup, key }: Entry,
  slot: string,
  { sample }: Contest,
  { slowestMs, warmMs }: Limits,
  wanted: Wanted,
): Promise<Reply> {
  // Starts it again where it was ended.
  await child.request({ cmd: 'hello' }, PATIENCE_MS)
  // Calls cannot be interrupted, so a peer that takes minutes for one is ended.
  const patience = key === 'tfjs' ? 3 * slowestMs : PATIENCE_MS
  const reply = await child.request({ cmd: 'setup', slot, sample, ...setup }, patience)
  const wrong = mistake(reply, wanted)
  if (wrong !== null) throw new Error(`wrong result, not timed: ${wrong}`)
  const { ms } = await child.request({ cmd: 'warm', slot, ms: warmMs }, patience)
  if (key !== 'ours' && (ms as number) > slowestMs) throw new TimeoutError('too slow')
  return reply
}

async function time(contest: Contest, ready: readonly Ready[], limits: Limits): Promise<Row> {
  const entrants = ready.map(({ entry, slot }) => ({
    name: entry.title,
    run: async (ms: number) => (await entry.child.request({ cmd: 'run', slot, ms }, PATIENCE_MS)).samples as number[],
  }))
  const [ours, ...others] = await interleave(entrants, limits)
  const peers: PeerTimes = {}
  for (const [i, ms] of others.entries()) {
    const key = ready[i + 1].entry.key as PeerKey
    peers[key] = Math.min(ms, peers[key] ?? Number.POSITIVE_INFINITY)
  }
  return makeRow(contest.head, ours, peers, contest.work)
}
