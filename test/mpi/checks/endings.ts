import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Family, runRanks, startRanks } from '../families.ts'
import type { Check } from '../main.ts'

/**
 * How rank 1 ends, the job's exit code, and what the rank says about it. Of a chosen exit code only the launcher says something,
 * and Open MPI's loses its words now and then.
 */
const ENDINGS: [way: string, status: number, says: RegExp | null][] = [
  ['exception', 1, /Error: rank 1 gives up\n {4}at /],
  ['rejection', 1, /Error: rank 1 gives up\n {4}at /],
  ['exit', 3, null],
  ['exitCode', 4, null],
  ['early', 1, /StateError: allReduce: rank 1 has ended while rank [02] still waits for it/],
]

/** What a shell calls the end by signal 9. */
const KILLED = 137

/** However a rank ends, the job ends, and says why. */
export async function checkEndings(family: Family, check: Check): Promise<void> {
  for (const [way, status, says] of ENDINGS) {
    await check(
      `${family.name}: the job ends with a rank's ${way}`,
      () => {
        const ended = runRanks(family, 3, 'endings', [way])
        // An abort of MPICH has Slurm kill every rank, and may come before the exit code of the one that aborts is known.
        const killed = family.name === 'MPICH' && family.launcher === 'srun' && ended.status === KILLED
        if (!killed) assert.equal(ended.status, status, ended.stderr)
        if (says !== null) assert.match(ended.stderr + ended.stdout, says)
        assert.doesNotMatch(ended.stderr, /killed or crashed/)
      },
      !['exception', 'exit'].includes(way),
    )
  }
  for (const [ranks, rank] of [
    [2, 0],
    [2, 1],
    [3, 0],
    [3, 1],
  ]) {
    await check(
      `${family.name}: the job ends within 10 seconds when rank ${rank} of ${ranks} is killed, and names it`,
      () => checkKilled(family, ranks, rank, 'kill'),
      ranks === 2,
    )
  }
  await check(`${family.name}: a rank that crashes is named, too`, () => checkKilled(family, 2, 1, 'abort'), true)
}

/** The job ends soon after a rank does; one line names it, and nothing is left behind. */
async function checkKilled(family: Family, ranks: number, rank: number, way: 'kill' | 'abort'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'strided-mpi-'))
  // From the words that come right before the end, so that slow starts do not count.
  let begin = 0
  const words = new RegExp(`rank ${rank} is pid (\\d+)`)
  const onText = (text: string): void => {
    if (begin === 0 && words.test(text)) begin = performance.now()
  }
  try {
    const args = [way, String(rank)]
    const { status, stdout, stderr } = await startRanks(family, ranks, 'endings', args, onText, { TMPDIR: folder })
    const seconds = (performance.now() - begin) / 1000
    assert.notEqual(status, 0)
    assert.ok(seconds < 10, `it took ${seconds} s`)
    const name = `strided: rank ${rank} of ${ranks} \\(process ${words.exec(stdout)?.[1]} on \\S+\\)`
    const told = (stderr + stdout).split('\n').filter((line) => line.includes('killed or crashed'))
    assert.equal(told.length, 1, stderr + stdout)
    assert.match(told[0], new RegExp(`${name} was killed or crashed: `))
    const left = readdirSync(folder).filter((file) => file.startsWith('strided-'))
    assert.deepEqual(left, [])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
