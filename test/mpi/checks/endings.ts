import assert from 'node:assert/strict'
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

/** However a rank ends, the job ends, and says why. */
export async function checkEndings(family: Family, check: Check): Promise<void> {
  for (const [way, status, says] of ENDINGS) {
    await check(
      `${family.name}: the job ends with a rank's ${way}`,
      () => {
        const ended = runRanks(family, 3, 'endings', [way])
        assert.equal(ended.status, status, ended.stderr)
        if (says !== null) assert.match(ended.stderr + ended.stdout, says)
      },
      !['exception', 'exit'].includes(way),
    )
  }
  await check(`${family.name}: the job ends within 10 seconds when a rank is killed, and says so`, async () => {
    // From the words that come right before the kill, so that slow starts do not count.
    let begin = 0
    const { status, stdout, stderr } = await startRanks(family, 3, 'endings', ['kill'], (text) => {
      if (begin === 0 && text.includes('rank 1 is pid')) begin = performance.now()
    })
    const seconds = (performance.now() - begin) / 1000
    assert.notEqual(status, 0)
    assert.ok(seconds < 10, `it took ${seconds} s`)
    // Open MPI names the rank. MPICH names one of the processes that were killed, its own cleaning up included.
    const names =
      family.name === 'MPICH' ? /PID \d+ RUNNING AT[\s\S]*Killed \(signal 9\)/ : /process rank 1 .* exited on signal 9/
    assert.match(stdout + stderr, names)
  })
}
