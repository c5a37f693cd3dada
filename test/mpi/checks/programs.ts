import assert from 'node:assert/strict'
import { type Family, runRanks } from '../families.ts'
import type { Check } from '../main.ts'

/** Programs that check themselves and say so at their end. */
export async function checkPrograms(family: Family, check: Check): Promise<void> {
  for (const [program, quick] of [
    ['collectives', 3],
    ['data_parallel', 2],
    ['parity', 2],
  ] as const) {
    for (const ranks of [2, 3]) {
      await check(
        `${family.name}: ${program} on ${ranks} ranks`,
        () => {
          const { status, stdout, stderr } = runRanks(family, ranks, program)
          assert.match(stdout, new RegExp(`^${program} ok, ${ranks} ranks, ${family.name}`, 'm'), stderr)
          assert.equal(status, 0, stderr)
          assert.doesNotMatch(stderr, /killed or crashed/)
        },
        ranks !== quick,
      )
    }
  }
  await check(`${family.name}: deterministic runs have equal bits`, () => {
    const hashes = [1, 2].map(
      () => /ranks, [^:]*: (\w+)/.exec(runRanks(family, 3, 'parity', ['deterministic']).stdout)?.[1],
    )
    assert.match(hashes[0] ?? 'none', /^[0-9a-f]{16}$/)
    assert.equal(hashes[1], hashes[0])
  })
}
