// Data-parallel training: what ranks cost, and what they wait for.
import { spawnSync } from 'node:child_process'
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

interface Result extends Measured {
  ranks: number
  family: string | null
  /** Seconds of a step with messages that travel during backward, and behind it. */
  overlapped: number
  sequential: number
  /** Seconds of the sequential step that were spent waiting, and of the overlapped one. */
  waited: { overlapped: number; sequential: number }
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

/** Prints images per second of 1 and 2 ranks, the share of a step that waits, and the scaling that follows from it. */
export function runDistributed({ quick, print }: { quick: boolean; print: Print }): number {
  const args = [program, quick ? '3' : '12']
  const alone = run(process.execPath, args)
  if (alone === null) return 1
  const results = [alone]
  for (const [launcher, options] of LAUNCHERS) {
    const two = run(launcher, [...options, '-n', '2', process.execPath, ...args])
    // `mpirun` alone is one of the two before it, where those have names of their own.
    if (two !== null && !results.some(({ family }) => family === two.family)) results.push(two)
  }
  const header = ['ranks', 'MPI', 'images/s', 'step ms', 'waiting', 'without overlap', 'waiting', 'efficiency']
  const rows = results.map((one) => [
    ...[String(one.ranks), one.family ?? 'none', ((one.ranks * one.batch) / one.overlapped).toFixed(0)],
    ...[ms(one.overlapped), percent(one.waited.overlapped / one.overlapped)],
    ...[
      ms(one.sequential),
      percent(one.waited.sequential / one.sequential),
      percent(alone.overlapped / one.overlapped),
    ],
  ])
  print.line(`${alone.model}, batch ${alone.batch} on each rank, one thread each, all on this machine`)
  print.line(formatTable([header, ...rows], 2))
  if (results.length === 1) print.line('no MPI is installed: apt-get install openmpi-bin, or mpich')
  print.line(`\n${linkModel(alone)}`)
  return results.length === 1 ? 1 : 0
}
