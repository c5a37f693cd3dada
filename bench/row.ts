/** Which part of the work a time is of. */
export type Pass = 'forward' | 'backwardInput' | 'backwardWeight' | 'step' | 'eval'

/** Times of the peers in milliseconds; an absent peer is left out. */
export interface PeerTimes {
  pytorch?: number
  pytorchChannelsLast?: number
  onednn?: number
  tfjs?: number
}

export type PeerKey = keyof PeerTimes

/** The peer's time over ours, for the better of PyTorch's layouts: above 1 we are faster. */
export interface Ratios {
  pytorch?: number
  onednn?: number
  tfjs?: number
}

/** One measurement, as `--json` writes it. */
export interface Row {
  suite: string
  name: string
  /** Problem string, as in test titles and trace lines. */
  problem: string
  pass: Pass
  isa: string
  threads: number
  /** Median time of one call in milliseconds. */
  ms: number
  /** Useful operations (2 for each multiply-add with an input that is no padding) per nanosecond. */
  gflops?: number
  /** Bytes that have to be read and written at least, per nanosecond. */
  gbps?: number
  peers: PeerTimes
  ratio: Ratios
}

/** What is known of a row before anything was timed. */
export type RowHead = Pick<Row, 'suite' | 'name' | 'problem' | 'pass' | 'isa' | 'threads'>

/** The better of PyTorch's layouts. */
export function bestPytorch(peers: PeerTimes): number | undefined {
  const times = [peers.pytorch, peers.pytorchChannelsLast].filter((ms) => ms !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Puts a row together. */
export function makeRow(head: RowHead, ms: number, peers: PeerTimes, work: { flops?: number; bytes?: number }): Row {
  const rate = (amount: number | undefined): number | undefined =>
    amount === undefined ? undefined : amount / ms / 1e6
  const over = (peerMs: number | undefined): number | undefined => (peerMs === undefined ? undefined : peerMs / ms)
  const ratio = { pytorch: over(bestPytorch(peers)), onednn: over(peers.onednn), tfjs: over(peers.tfjs) }
  return {
    ...head,
    ms,
    ...defined({ gflops: rate(work.flops), gbps: rate(work.bytes) }),
    peers: defined(peers),
    ratio: defined(ratio),
  }
}

/** The object without the members that are undefined. */
function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

/** A JSON array with one row on each line; numbers have six digits, which is more than a time is good for. */
export function rowsToJson(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    JSON.stringify(row, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value)),
  )
  return `[\n${lines.join(',\n')}\n]\n`
}
