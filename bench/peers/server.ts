import { createInterface } from 'node:readline'

/** A problem that was set up: what to time, and what to tell about it. */
export interface Prepared {
  call(): void
  /** Joins the reply to `setup`: `values` at the positions asked for, numbers to compare. */
  reply?: Record<string, unknown>
}

/** A timed sample is at least this long, so that reading the clock (some 50 ns) does not count: many calls of a short one. */
const SAMPLE_MS = 0.1

type Clock = () => number
const clock: Clock = () => performance.now()

/**
 * Calls until `ms` have passed, at least once.
 *
 * @returns milliseconds of one call over the second half, when caches and compilers have settled
 */
export function warmUp(call: () => void, ms: number, now: Clock = clock): number {
  const begin = now()
  let half = begin
  let time = begin
  let calls = 0
  let callsAtHalf = 0
  do {
    call()
    calls++
    // Read once: between two readings the process may have been off the CPU for long.
    time = now()
    if (time - begin < ms / 2) {
      half = time
      callsAtHalf = calls
    }
  } while (time - begin < ms)
  return (time - half) / (calls - callsAtHalf)
}

/**
 * One slice: an untimed lead-in, as the neighbour has emptied the caches, then samples until `ms` have passed.
 *
 * @param callMs about what one call takes
 * @returns milliseconds of one call, for each sample
 */
export function timeSlice(call: () => void, ms: number, callMs: number, now: Clock = clock): number[] {
  const batch = Math.max(1, Math.ceil(SAMPLE_MS / callMs))
  const leadIn = now() + ms / 10
  do call()
  while (now() < leadIn)
  const samples: number[] = []
  const begin = now()
  let before = begin
  do {
    for (let i = 0; i < batch; i++) call()
    const after = now()
    samples.push((after - before) / batch)
    before = after
  } while (before - begin < ms)
  return samples
}

interface Request {
  cmd: string
  slot: string
  ms: number
}

/**
 * Answers requests, one JSON object on each line of standard input and output, until the input ends:
 * `setup` makes a problem ready under the name `slot`, `warm` and `run` time it for `ms`, `clear` forgets all problems.
 * A request that fails is answered by `error`.
 */
export function serve(hello: object, prepare: (setup: never) => Prepared): void {
  const slots = new Map<string, Prepared & { callMs: number }>()
  const slotOf = ({ slot }: Request) => {
    const found = slots.get(slot)
    if (found === undefined) throw new Error(`nothing is set up as ${slot}`)
    return found
  }
  const answers: Record<string, (request: Request) => object> = {
    hello: () => hello,
    setup: (request) => {
      const prepared = prepare(request as never)
      slots.set(request.slot, { ...prepared, callMs: 0 })
      return prepared.reply ?? {}
    },
    warm: (request) => {
      const slot = slotOf(request)
      slot.callMs = warmUp(slot.call, request.ms)
      return { ms: slot.callMs }
    },
    run: (request) => {
      const { call, callMs } = slotOf(request)
      return { samples: timeSlice(call, request.ms, callMs).map((ms) => Number(ms.toPrecision(6))) }
    },
    clear: () => {
      slots.clear()
      return {}
    },
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    let reply: object
    try {
      const request = JSON.parse(line) as Request
      reply = { ok: true, ...answers[request.cmd](request) }
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) }
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`)
  })
}
