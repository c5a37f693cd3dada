import { loadavg } from 'node:os'
import type { BenchArgs } from './args.ts'
import { chooseCpus } from './child.ts'
import type { Entry, Limits } from './contest.ts'
import {
  findOnednn,
  findPytorch,
  findRoofline,
  findTfjs,
  type Peer,
  type Settings,
  start,
  stridedCommand,
} from './peers/index.ts'
import type { PeerKey } from './row.ts'

/** What every suite works with: our side, the peers that are there, and how long everybody runs. */
export interface Session {
  ours: Peer
  pytorch: Peer | null
  onednn: Peer | null
  tfjs: Peer | null
  roofline: Peer | null
  isa: string
  threads: number
  limits: Limits
  /** What is there and what is missing, a line each. */
  report: string[]
  close(): void
}

const TITLES: Record<string, string> = { pytorch: 'PyTorch', onednn: 'oneDNN', tfjs: 'tfjs', roofline: 'roofline' }

// Waiting threads of OpenMP spin for some milliseconds (GCC's libgomp: 300,000 turns) before they sleep.
const PAUSE_MS = 10

const QUICK: Limits = { sliceMs: 30, rounds: 2, pauseMs: PAUSE_MS, warmMs: 20, slowestMs: 1000 }
const FULL: Limits = { sliceMs: 200, rounds: 5, pauseMs: PAUSE_MS, warmMs: 100, slowestMs: 3000 }

/** How long everybody runs. */
export function limitsOf(quick: boolean): Limits {
  return quick ? QUICK : FULL
}

/**
 * Starts our side and the peers that a suite needs.
 *
 * @param peers of `pytorch`, `onednn`, `tfjs` and `roofline`
 * @throws {Error} when our own side cannot be started
 */
export async function openSession(args: BenchArgs, peers: readonly string[]): Promise<Session> {
  const settings = settingsOf(args.threads, args.isa)
  const ours = await start({ command: stridedCommand(settings) }, settings)
  if (typeof ours === 'string') throw new Error(`bench: our own side is ${ours}`)
  const isa = String(ours.hello.isa)
  const report = [
    `strided: ${isa}, ${settings.threads} ${settings.threads === 1 ? 'thread' : 'threads'}, ` +
      `${settings.cpus === null ? 'not bound to CPUs' : `CPUs ${settings.cpus.join(',')}`}, Node ${process.version}, ` +
      // Says how far to believe what follows.
      `load of the machine in the last minute ${loadavg()[0].toFixed(1)}`,
  ]
  const find: Record<string, () => Parameters<typeof start>[0]> = {
    pytorch: () => findPytorch(settings),
    onednn: () => findOnednn(settings),
    tfjs: findTfjs,
    roofline: findRoofline,
  }
  const started: Record<string, Peer | null> = {}
  for (const name of peers) {
    const title = TITLES[name]
    if (name !== 'roofline' && !args.peers.includes(name)) {
      report.push(`${title}: left out`)
      continue
    }
    const peer = await start(find[name](), settings)
    started[name] = typeof peer === 'string' ? null : peer
    if (typeof peer === 'string') report.push(`${title}: ${peer}`)
    else if (name !== 'roofline') report.push(`${title}: ${peer.hello.version}`)
  }
  return {
    ours,
    pytorch: started.pytorch ?? null,
    onednn: started.onednn ?? null,
    tfjs: started.tfjs ?? null,
    roofline: started.roofline ?? null,
    isa,
    threads: settings.threads,
    limits: limitsOf(args.quick),
    report,
    close: () => {
      for (const peer of [ours, ...Object.values(started)]) peer?.child.close()
    },
  }
}

function settingsOf(threads: number, isa: string): Settings {
  const count = threads === 0 ? (chooseAll() ?? 1) : threads
  return { threads: count, cpus: chooseCpus(count), isa }
}

/** The number of CPUs that there are for this process. */
function chooseAll(): number | null {
  for (let count = 1; ; count++) {
    if (chooseCpus(count) === null) return count === 1 ? null : count - 1
  }
}

/** One who takes part, if there. */
export function entry(peer: Peer | null, key: PeerKey | 'ours', title: string, setup: object): Entry[] {
  return peer === null ? [] : [{ key, title, child: peer.child, setup }]
}

/** PyTorch in both layouts. */
export function pytorchEntries({ pytorch }: Session, setup: object): Entry[] {
  return [
    ...entry(pytorch, 'pytorch', 'PyTorch', { ...setup, layout: 'nchw' }),
    ...entry(pytorch, 'pytorchChannelsLast', 'PyTorch channels-last', { ...setup, layout: 'channels_last' }),
  ]
}
