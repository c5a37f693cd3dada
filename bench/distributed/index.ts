// Data-parallel training: what ranks cost, and what they wait for.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Print } from '../suites/suite.ts'
import { formatTable } from '../table.ts'
import { linkModel, type Measured } from './model.ts'

const program = fileURLToPath(new URL('./step.mjs', import.meta.url))

/** Launchers to try, and what lets them start more ranks than cores, as root in a container too. */
const LAUNCHERS: [name: string, options: string[]][] = [
  ['mpirun.openmpi', ['--oversubscribe', '--allow-run-as-root']],
  ['mpirun.mpich', []],
  ['mpirun', []],
]

/** Seconds of a step, and of them those that the end of backward waits for messages. */
interface Times {
  seconds: number
  waited: number
}

export interface Result extends Measured {
  ranks: number
  family: string | null
  /** With messages during backward, behind it, and without any. */
  steps: Record<'overlapped' | 'sequential' | 'silent', Times>
  /** Bytes a second that leave a rank in an all-reduce; null on one. */
  transfer: number | null
  batch: number
  model: string
}

function run(command: string, args: readonly string[]): Result | null {
  const { stdout, status } = spawnSync(command, [...args], {
    encoding: 'utf8',
    env: { ...process.env, STRIDED_NUM_THREADS: '1' },
  })
  if (status !== 0) return null
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Result
}

const ms = (seconds: number): string => (1000 * seconds).toFixed(1)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** The table, and how to read it. */
export function stepTable(alone: Result, results: readonly Result[], processors: number): string {
  const header = ['ranks', 'MPI', 'images/s', 'efficiency', 'step ms', 'waiting', 'messages']
  const more = ['no overlap', 'waiting', 'messages', 'no messages', 'MB/s']
  const rows = results.map(({ ranks, family, batch, steps, transfer }) => {
    const { overlapped, sequential, silent } = steps
    const shares = ({ seconds, waited }: Times): string[] => [
      ms(seconds),
      percent(waited / seconds),
      percent(1 - silent.seconds / seconds),
    ]
    return [
      ...[String(ranks), family ?? 'none', ((ranks * batch) / overlapped.seconds).toFixed(0)],
      percent(alone.steps.overlapped.seconds / overlapped.seconds),
      ...[...shares(overlapped), ...shares(sequential), ms(silent.seconds)],
      transfer === null ? '-' : (transfer / 1e6).toFixed(0),
    ]
  })
  const crowded = results.some(({ ranks }) => 2 * ranks > processors)
  return [
    `${alone.model}, batch ${alone.batch} on each rank, one thread each, all on this machine (${processors} processors)`,
    formatTable([[...header, ...more], ...rows], 2),
    'waiting: share of a step at the end of backward until the messages are through; messages: share by which a step is longer than',
    'one without messages on as many ranks, which counts what they take from computing, too. MB/s: of an all-reduce of 4 MB.',
    ...(crowded
      ? [
          'There are fewer than two processors for each rank: messages during backward take theirs from it, and overlap gains little or',
          'nothing here.',
        ]
      : []),
  ].join('\n')
}

/** Prints images per second of 1 and 2 ranks, the share of a step that waits, and the scaling that follows from it. */
export function runDistributed({ quick, print }: { quick: boolean; print: Print }): number {
  const args = [program, quick ? '2' : '9']
  const alone = run(process.execPath, args)
  if (alone === null) return 1
  const results = [alone]
  for (const [launcher, options] of LAUNCHERS) {
    const two = run(launcher, [...options, '-n', '2', process.execPath, ...args])
    // `mpirun` alone is one of the two before it, where those have names of their own.
    if (two !== null && !results.some(({ family }) => family === two.family)) results.push(two)
  }
  print.line(stepTable(alone, results, availableParallelism()))
  if (results.length === 1) print.line('no MPI is installed: apt-get install openmpi-bin, or mpich')
  const speeds = results.map(({ transfer }) => transfer).filter((speed) => speed !== null)
  print.line(`\n${linkModel(alone, speeds.length === 0 ? null : Math.max(...speeds))}`)
  return results.length === 1 ? 1 : 0
}
