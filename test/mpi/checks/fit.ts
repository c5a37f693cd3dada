import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, type Family, runAlone, runRanks } from '../families.ts'
import type { Check } from '../main.ts'

/** What a run that came to its end says of its weights and of the last validation. */
function resultOf({ stdout, stderr }: Ended): { hash: string; loss: number; accuracy: number; samples: number } {
  const [, hash, ...numbers] = /^done (\w+) (\S+) (\S+) (\S+)$/m.exec(stdout) ?? assert.fail(stderr + stdout)
  const [loss, accuracy, samples] = numbers.map(Number)
  return { hash, loss, accuracy, samples }
}

/** One model of several ranks: its measures, its checkpoints, and what becomes of it when a rank dies. */
export async function checkFit(family: Family, check: Check): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'strided-mpi-'))
  const at = (name: string): string => join(folder, name)
  let whole: ReturnType<typeof resultOf> | null = null

  await check(`${family.name}: fit on 2 ranks measures and learns what it does in one process`, () => {
    const ended = runRanks(family, 2, 'fit', [at('whole'), '4', '24'])
    whole = resultOf(ended)
    const alone = resultOf(runAlone('fit', [at('alone'), '4', '48']))
    assert.ok(Math.abs(whole.loss - alone.loss) < 1e-5, `loss ${whole.loss}, alone ${alone.loss}`)
    assert.equal(whole.accuracy, alone.accuracy)
    assert.equal(whole.samples, 480)
    assert.match(ended.stdout, /^2 ranks: 0 is process \d+ on \S+, 1 is process \d+ on \S+$/m)
    // Rank 0 alone shows and saves.
    assert.equal(ended.stdout.match(/epoch 1\/4 {2}train loss/g)?.length, 1, ended.stdout)
    assert.deepEqual(readdirSync(at('whole')).sort(), ['best.ckpt', 'last.ckpt'])
  })

  await check(`${family.name}: fit of a killed job goes on from its checkpoint to the same bits`, () => {
    const killed = runRanks(family, 2, 'fit', [at('killed'), '4', '24', '17'])
    assert.notEqual(killed.status, 0)
    const pid = /rank 1 is pid (\d+)/.exec(killed.stdout)?.[1]
    assert.match(killed.stdout, new RegExp(`1 is process ${pid} on`))
    assert.match(killed.stderr, new RegExp(`rank 1 of 2 \\(process ${pid} on`))
    const resumed = runRanks(family, 2, 'fit', [at('killed'), '4', '24'])
    assert.match(resumed.stdout, /resumed from .*last\.ckpt: epoch 2, behind batch 5, step 15/)
    assert.equal(resultOf(resumed).hash, whole?.hash)
  })

  await check(
    `${family.name}: fit goes on on another number of ranks`,
    () => {
      const { stdout } = runRanks(family, 3, 'fit', [at('killed'), '5', '24'])
      assert.match(stdout, /the run began on 2 ranks and goes on on 3/)
      assert.match(stdout, /warning: a step now has 72 samples instead of 48; the learning rate may have to change/)
      const { stdout: more } = runAlone('fit', [at('killed'), '6', '72'])
      assert.match(more, /the run began on 3 ranks and goes on on 1/)
      assert.doesNotMatch(more, /warning/)
      assert.match(more, /^done /m)
    },
    true,
  )
  await check(`${family.name}: fit on 2 ranks serves one page and writes one report, of all ranks`, () => {
    const { status, stdout, stderr } = runRanks(family, 2, 'shown', [folder])
    assert.match(stdout, /^shown ok, 2 ranks/m, stderr)
    assert.equal(status, 0, stderr)
  })
  rmSync(folder, { recursive: true })
}
