import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Callback, fit, loadCheckpoint, nn, optim, saveCheckpoint, tensor } from '../../lib/index.ts'
import type { FitOptions, Run } from '../../lib/train/index.ts'
import { bitsOf, problem } from './problem.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-resume-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const folder = (): string => join(root, `run-${folders++}`)

/** Everything with a state, and a schedule over steps. */
function everything(options: Partial<FitOptions>) {
  const made = problem({ metrics: ['accuracy', 'recall'], epochs: 4, accumulate: 2, ...options })
  const scheduler = new optim.CosineAnnealingLR(made.optimizer, 12)
  Object.assign(made.settings, { scheduler, schedulerInterval: 'step', earlyStopping: { patience: 9 } })
  return made
}

/** Leaves behind step `step`, as a crash would: the checkpoints are all that is left. */
const crashAt = (step: number): Callback => ({
  onStep: (info) => {
    if (info.step === step) throw new Error('crash')
  },
})

/** What has to be the same: all but the times. */
function timeless({ started: _, seconds: __, history, ...run }: Run) {
  const epochs = history.map(({ seconds: _, samplesPerSecond: __, memory: ___, ...record }) => record)
  return { ...run, history: epochs }
}

describe('a resumed run', () => {
  it('ends with the bits of one that was never stopped, wherever it was stopped', async () => {
    const whole = everything({ checkpoints: { dir: folder(), everySteps: 1 } })
    const wanted = await fit(whole.model, whole.settings)
    expect(wanted.steps.loss.length).toBe(12)
    for (const step of [1, 2, 3, 4, 7, 12]) {
      const checkpoints = { dir: folder(), everySteps: 1 }
      const crashed = everything({ checkpoints, callbacks: [crashAt(step)] })
      await expect(fit(crashed.model, crashed.settings)).rejects.toThrow('crash')
      // Another seed, since a resumed run must not draw anything anew; stopped in its first step, it is a new run.
      const resumed = everything({ checkpoints, resume: true, seed: step === 1 ? 7 : 99 })
      const run = await fit(resumed.model, resumed.settings)
      expect(bitsOf(resumed.model), `stopped at step ${step}`).toEqual(bitsOf(whole.model))
      expect(timeless(run)).toEqual(timeless(wanted))
    }
  })

  it('goes on from the end of the last epoch without everySteps', async () => {
    const checkpoints = folder()
    const whole = everything({})
    await fit(whole.model, whole.settings)
    const crashed = everything({ checkpoints, callbacks: [crashAt(8)] })
    await expect(fit(crashed.model, crashed.settings)).rejects.toThrow('crash')
    expect(readdirSync(checkpoints).sort()).toEqual(['best.ckpt', 'last.ckpt'])
    const resumed = everything({ checkpoints, resume: true })
    const run = await fit(resumed.model, resumed.settings)
    expect(bitsOf(resumed.model)).toEqual(bitsOf(whole.model))
    expect(run.history.length).toBe(4)
  })

  it('goes on for more epochs, and not at all when all are done', async () => {
    const checkpoints = folder()
    const first = problem({ checkpoints, epochs: 2 })
    await fit(first.model, first.settings)
    const done = problem({ checkpoints, epochs: 2, resume: join(checkpoints, 'last.ckpt') })
    expect((await fit(done.model, done.settings)).steps.loss.length).toBe(12)
    expect(bitsOf(done.model)).toEqual(bitsOf(first.model))
    const more = problem({ checkpoints, epochs: 3, resume: true })
    expect((await fit(more.model, more.settings)).history.length).toBe(3)
    const whole = problem()
    await fit(whole.model, whole.settings)
    expect(bitsOf(more.model)).toEqual(bitsOf(whole.model))
  })

  it('reads past what was used where a source has no state', async () => {
    const checkpoints = { dir: folder(), everySteps: 1 }
    const plain = (options: Partial<FitOptions>) => {
      const made = problem({ epochs: 2, ...options })
      const batches = [1, 2, 3].map((i) => [
        tensor([
          [i, -i],
          [2, i],
        ]),
        tensor([i % 2, 3], { dtype: 'int32' }),
      ])
      made.settings.train = { length: 3, [Symbol.iterator]: () => batches.values() }
      return made
    }
    const whole = plain({})
    await fit(whole.model, whole.settings)
    const crashed = plain({ checkpoints, callbacks: [crashAt(5)] })
    await expect(fit(crashed.model, crashed.settings)).rejects.toThrow('crash')
    const resumed = plain({ checkpoints, resume: true })
    await fit(resumed.model, resumed.settings)
    expect(bitsOf(resumed.model)).toEqual(bitsOf(whole.model))
  })

  it('gives callbacks their state back', async () => {
    const checkpoints = folder()
    class Counter implements Callback {
      count = 0
      onStep() {
        this.count++
      }
      stateDict() {
        return { count: this.count }
      }
      loadStateDict({ count }: { count: number }) {
        this.count = count
      }
    }
    const first = new Counter()
    const made = problem({ checkpoints, epochs: 1, callbacks: [first] })
    await fit(made.model, made.settings)
    const second = new Counter()
    const resumed = problem({ checkpoints, epochs: 2, resume: true, callbacks: [second] })
    await fit(resumed.model, resumed.settings)
    expect([first.count, second.count]).toEqual([6, 12])
  })

  it('refuses what is not its checkpoint, and touches nothing', async () => {
    const checkpoints = folder()
    const made = problem({ checkpoints, epochs: 1 })
    await fit(made.model, made.settings)
    const path = join(checkpoints, 'last.ckpt')
    const refusal = async (change: (made: ReturnType<typeof problem>) => void) => {
      const other = problem({ checkpoints, resume: true })
      change(other)
      const before = bitsOf(other.model)
      const message = await fit(other.model, other.settings).then(
        () => 'no error',
        (error: Error) => error.message,
      )
      expect(bitsOf(other.model)).toEqual(before)
      return message
    }
    const other = await refusal((one) => {
      one.settings.optimizer = new optim.Adam(one.model.parameters())
    })
    expect(other).toBe(`fit: cannot resume: expected the optimizer SGD, got Adam; ${path}`)
    const batches = await refusal((one) => {
      one.settings.train = { length: 4, [Symbol.iterator]: () => [][Symbol.iterator]() }
    })
    expect(batches).toBe(`fit: cannot resume: expected batches per epoch: 6, got 4; ${path}`)
    const scheduled = await refusal((one) => {
      one.settings.scheduler = new optim.StepLR(one.optimizer, 1)
    })
    expect(scheduled).toBe(`fit: cannot resume: expected a scheduler: false, got true; ${path}`)
    const model = await refusal((one) => {
      one.model = new nn.Sequential(new nn.Linear(2, 4))
    })
    expect(model).toContain('loadStateDict')
    const foreign = join(root, 'foreign.ckpt')
    saveCheckpoint(foreign, { epoch: 1 })
    const message = await refusal((one) => {
      one.settings.resume = foreign
    })
    expect(message).toBe(`fit: expected a checkpoint of fit to resume from, got one of something else; ${foreign}`)
    writeFileSync(path, 'x'.repeat(500))
    expect(await refusal(() => {})).toMatch(/^loadCheckpoint: /)
    // The other one is still whole.
    expect(loadCheckpoint(join(checkpoints, 'best.ckpt')).position).toMatchObject({ epoch: 2 })
    const blocked = join(path, 'folder')
    expect(await refusal((one) => Object.assign(one.settings, { checkpoints: blocked }))).toBe(
      `fit: cannot make the folder of checkpoints (ENOTDIR); ${blocked}`,
    )
  })
})
