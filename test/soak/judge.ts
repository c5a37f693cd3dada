/** What one tenth of a long run looked like. */
export interface Tenth {
  seconds: number
  /** Milliseconds a step, in the median over rounds through all batches and sizes: others on the machine disturb some of them. */
  pace: number
  /** Most bytes that were resident, and most of them that were not V8's heap. */
  rss: number
  beside: number
  /** Bytes of V8's heap, of the pool's blocks in use, and of those it keeps. */
  heap: number
  live: number
  pooled: number
  handles: number
  failures: number
}

/** What is still held after everything that can be collected was: bytes of V8's heap, storages and their bytes. */
export interface Held {
  heap: number
  storages: number
  live: number
}

/** A whole run, as its process reports it. */
export interface LongRun {
  steps: number
  tenths: Tenth[]
  before: Held
  after: Held
}

export interface Limits {
  /** Bytes of resident memory that do not count as growth: in a short run V8's heap has not settled. */
  slack: number
  /** Whether a last tenth slower than the first fails: that needs a machine with nothing else to do. */
  strict: boolean
}

/** Of the bytes that were resident when a fifth of the steps was over. */
const MOST_GROWTH = 0.02
const MOST_SLOWDOWN = 0.05
/** Code that V8 optimized meanwhile, its caches and what the console holds; a leak of one small object a step is more. */
const HEAP_SLACK = 1.5e6
/** One or two come and go with the output; what a step leaves behind would be hundreds. */
const HANDLE_SLACK = 2

/** Megabytes in words. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
const signed = (number: number, digits: number): string => `${number < 0 ? '' : '+'}${number.toFixed(digits)}`

/** What was wrong with a run, and its figures in a line. */
export function judge({ steps, tenths, before, after }: LongRun, { slack, strict }: Limits) {
  const [first, last] = [tenths[0], tenths[9]]
  // The last four fifths begin with the third tenth; what was resident before it may have been given back.
  const settled = Math.max(tenths[1].beside, tenths[2].beside)
  const growth = last.beside - settled
  const slower = last.pace / first.pace - 1
  const handles = last.handles - tenths[1].handles
  const heap = after.heap - before.heap
  const faults: string[] = []
  if (growth > Math.max(MOST_GROWTH * settled, slack)) faults.push('resident memory grew')
  if (handles > HANDLE_SLACK) faults.push('handles grew')
  if (after.storages !== before.storages || after.live !== before.live) faults.push('tensors leaked')
  if (heap > HEAP_SLACK) faults.push('objects leaked')
  if (strict && slower > MOST_SLOWDOWN) faults.push('steps became slower')
  const text =
    `${steps} steps: resident memory beside V8's heap ${signed(growth / 1e6, 1)} MB (${signed((100 * growth) / settled, 2)} %) over ` +
    `the last four fifths; after a full collection ${before.storages} storages of ${megabytes(before.live)} became ${after.storages} of ` +
    `${megabytes(after.live)}, the heap ${megabytes(before.heap)} became ${megabytes(after.heap)}; ${last.handles} handles; ` +
    `last tenth ${Math.abs(100 * slower).toFixed(1)} % ${slower > 0 ? 'slower' : 'faster'} than the first`
  return { faults, text }
}
