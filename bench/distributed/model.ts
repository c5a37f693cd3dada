import { formatTable } from '../table.ts'

/** What was measured on one rank. */
export interface Measured {
  /** Bytes of each bucket of gradients, in the order in which they travel. */
  buckets: number[]
  /** When each bucket is full, in seconds behind the beginning of backward. */
  readyAt: number[]
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

/** Seconds of a step on `n` machines: buckets travel one after the other, each not before it is full. */
export function stepSeconds({ buckets, readyAt, compute, backward }: Measured, n: number, link: Link): number {
  let free = 0
  buckets.forEach((bytes, i) => {
    free = Math.max(free, readyAt[i]) + allReduceSeconds(bytes, n, link)
  })
  return compute + (n === 1 ? 0 : Math.max(0, free - backward))
}

/** A table of efficiencies up to 64 machines, with what it assumes. */
export function linkModel(measured: Measured): string {
  const rows = LINKS.map((link) => [
    link.name,
    ...MACHINES.map((n) => `${((100 * measured.compute) / stepSeconds(measured, n, link)).toFixed(1)} %`),
  ])
  const megabytes = measured.buckets.map((bytes) => (bytes / 2 ** 20).toFixed(2)).join(', ')
  const ready = measured.readyAt.map((seconds) => (1000 * seconds).toFixed(0)).join(', ')
  return [
    'Model of the speed of n machines over n times that of one, one rank each, same batch on each:',
    formatTable([['link', ...MACHINES.map(String)], ...rows], 1),
    `Measured: a step of ${(1000 * measured.compute).toFixed(0)} ms, ${(1000 * measured.backward).toFixed(0)} of it backward;`,
    `buckets of ${megabytes} MB, full after ${ready} ms of backward.`,
    'Assumed: an all-reduce takes 2 (n - 1) / n times its bytes at 90 % of the link, and 2 log2 n messages of 30 us',
    '(10 Gbit/s, TCP) or 5 us (100 Gbit/s, RDMA); links do not share switches that are too narrow; ranks are equally',
    'fast; the communication thread takes no time from the computing ones. Faster machines need faster links.',
  ].join('\n')
}
