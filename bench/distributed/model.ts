import { formatTable } from '../table.ts'

/** What was measured on one rank. */
export interface Measured {
  /** Bytes of each bucket of gradients, in the order in which they travel. */
  buckets: number[]
  /** When each bucket is full, in seconds behind the beginning of backward. */
  readyAt: number[]
  /** Bytes of the buffers of each element type, which rank 0 gives to all before forward. */
  buffers: number[]
  /** Seconds of a step without messages, and of its backward pass. */
  compute: number
  backward: number
}

/** A link between machines. */
export interface Link {
  name: string
  /** Bytes in a second, each way. */
  bytesPerSecond: number
  /** Seconds that one message takes beside its bytes. */
  latency: number
}

/** Speed of the wire, of which TCP leaves about nine tenths, and what a message costs over TCP and over RDMA. */
const LINKS: Link[] = [
  { name: '10 Gbit/s', bytesPerSecond: (0.9 * 10e9) / 8, latency: 30e-6 },
  { name: '100 Gbit/s', bytesPerSecond: (0.9 * 100e9) / 8, latency: 5e-6 },
]

const MACHINES = [1, 2, 4, 8, 16, 32, 64]

/** How many times as fast as the one thread that was measured a machine computes: a core, and a server with many. */
const SPEEDS = [1, 16]

/**
 * Seconds of an all-reduce of `bytes` over `n` machines: every byte leaves and enters a machine 2 (n − 1) / n times, in
 * 2 ⌈log₂ n⌉ rounds (reduce-scatter by halving, all-gather by doubling).
 *
 * Source: Thakur, Rabenseifner and Gropp, "Optimization of Collective Communication Operations in MPICH", 2005.
 */
export function allReduceSeconds(bytes: number, n: number, { bytesPerSecond, latency }: Link): number {
  if (n === 1) return 0
  return 2 * Math.ceil(Math.log2(n)) * latency + (((2 * (n - 1)) / n) * bytes) / bytesPerSecond
}

/** Seconds until `n` machines have `bytes` of one of them, by doubling. */
export function broadcastSeconds(bytes: number, n: number, { bytesPerSecond, latency }: Link): number {
  return Math.ceil(Math.log2(n)) * (latency + bytes / bytesPerSecond)
}

/** Seconds of a step on `n` machines: buffers before it; buckets travel one after the other, each not before it is full. */
export function stepSeconds({ buckets, readyAt, buffers, compute, backward }: Measured, n: number, link: Link): number {
  if (n === 1) return compute
  let free = 0
  buckets.forEach((bytes, i) => {
    free = Math.max(free, readyAt[i]) + allReduceSeconds(bytes, n, link)
  })
  const before = buffers.reduce((sum, bytes) => sum + broadcastSeconds(bytes, n, link), 0)
  return before + compute + Math.max(0, free - backward)
}

/** The same on a machine that computes `speed` times as fast. */
function faster(measured: Measured, speed: number): Measured {
  const [compute, backward] = [measured.compute / speed, measured.backward / speed]
  return { ...measured, compute, backward, readyAt: measured.readyAt.map((seconds) => seconds / speed) }
}

const gigabytes = (bytesPerSecond: number): string => `${(bytesPerSecond / 1e9).toFixed(1)} GB/s`

/**
 * A table of efficiencies up to 64 machines, with what it assumes.
 *
 * @param transfer bytes a second at which MPI and one core get an all-reduce done where no wire limits it; null where nobody measured
 */
export function linkModel(measured: Measured, transfer: number | null): string {
  const rows = LINKS.flatMap((wire) => {
    const link = { ...wire, bytesPerSecond: Math.min(wire.bytesPerSecond, transfer ?? Number.POSITIVE_INFINITY) }
    return SPEEDS.map((speed) => [
      wire.name,
      `${speed} x`,
      ...MACHINES.map((n) => {
        const one = faster(measured, speed)
        return `${((100 * one.compute) / stepSeconds(one, n, link)).toFixed(1)} %`
      }),
    ])
  })
  const megabytes = measured.buckets.map((bytes) => (bytes / 2 ** 20).toFixed(2)).join(', ')
  const ready = measured.readyAt.map((seconds) => (1000 * seconds).toFixed(0)).join(', ')
  const copies =
    transfer === null ? 'no more than the link allows' : `at most ${gigabytes(transfer)}, as measured above`
  return [
    'Model of the speed of n machines over n times that of one, one rank each, same batch on each. "16 x" computes 16 times as fast',
    'as the one thread that was measured, as a server with many cores may: the same messages then have less time. With a batch 16',
    'times as large it is back at the row above.',
    formatTable([['link', 'machine', ...MACHINES.map(String)], ...rows], 2),
    `Measured: a step of ${(1000 * measured.compute).toFixed(0)} ms, ${(1000 * measured.backward).toFixed(0)} of it backward;`,
    `buckets of ${megabytes} MB, full after ${ready} ms of backward.`,
    'Assumed: an all-reduce takes 2 (n - 1) / n times its bytes and 2 log2 n messages of 30 us (10 Gbit/s, TCP) or 5 us (100 Gbit/s,',
    `RDMA), at 90 % of the link, and ${copies};`,
    'links do not share switches that are too narrow; ranks are equally fast; each has a core to spare for its messages.',
  ].join('\n')
}
