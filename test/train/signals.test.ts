import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { type Callback, fit } from '../../lib/index.ts'
import { killRuns, runChild } from './kill.ts'
import { bitsOf, problem } from './problem.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'strided-signals-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs the child until its first step and sends it a signal. */
function interrupted(folder: string): Promise<{ code: number | null; signal: string | null; text: string }> {
  const child = spawn(process.execPath, ['test/support/fit_child.mjs', folder, '6', '20'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (bytes) => {
    if (!text.includes('ready') && String(bytes).includes('ready')) child.kill('SIGINT')
    text += bytes
  })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, text })))
}

const sendAt = (step: number): Callback => ({
  onStep: (info) => {
    if (info.step === step) process.kill(process.pid, 'SIGINT')
  },
})

describe('SIGINT', () => {
  it('finishes the batch, saves, says how to go on and ends the process', async () => {
    const folder = join(root, 'interrupted')
    const { code, signal, text } = await interrupted(folder)
    // A shell reports a process that a signal has ended as 128 + 2.
    expect([code, signal]).toEqual([null, 'SIGINT'])
    expect(text).toContain(`interrupted; saved to ${join(folder, 'last.ckpt')}, go on with resume: true`)
    expect(text).not.toContain('done')
    const hash = await runChild(folder, 6, null)
    expect(hash).toMatch(/^\w{64}$/)
    expect(hash).toBe(await runChild(join(root, 'whole'), 6, null))
  })

  it('only ends the run where asked, in training and in validation', async () => {
    const whole = problem()
    await fit(whole.model, whole.settings)
    for (const where of ['training', 'validation']) {
      const written: string[] = []
      const output = { write: (text: string) => written.push(text) }
      const checkpoints = join(root, where)
      const made = problem({ checkpoints, signals: 'return', verbose: output })
      if (where === 'training') made.settings.callbacks = [sendAt(8)]
      else {
        let passes = 0
        const { validation } = made.settings
        made.settings.validation = {
          length: validation!.length,
          async *[Symbol.asyncIterator]() {
            if (++passes === 2) process.kill(process.pid, 'SIGINT')
            yield* validation as AsyncIterable<never>
          },
        }
      }
      const run = await fit(made.model, made.settings)
      expect([run.outcome, run.history.length, run.verdict]).toEqual(['interrupted', 1, null])
      // The signal is heard when the event loop turns, which is before the next batch.
      const steps = run.steps.loss.length
      if (where === 'training') expect([9, 10]).toContain(steps)
      else expect(steps).toBe(12)
      expect(written.at(-1)).toBe(`interrupted; saved to ${join(checkpoints, 'last.ckpt')}, go on with resume: true\n`)
      const resumed = problem({ checkpoints, resume: true, verbose: output })
      const rest = await fit(resumed.model, resumed.settings)
      expect(bitsOf(resumed.model)).toEqual(bitsOf(whole.model))
      expect(rest.history.length).toBe(3)
      const place = `behind batch ${steps - 6}, step ${steps}`
      expect(written).toContain(`resumed from ${join(checkpoints, 'last.ckpt')}: epoch 2, ${place}\n`)
    }
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  it('says so when there is nowhere to save', async () => {
    const written: string[] = []
    const verbose = { write: (text: string) => written.push(text) }
    const { model, settings } = problem({ signals: 'return', callbacks: [sendAt(1)], verbose })
    expect((await fit(model, settings)).outcome).toBe('interrupted')
    expect(written.at(-1)).toBe('interrupted; nothing is saved, name a folder for checkpoints to go on another time\n')
  })
})

describe('SIGKILL at random moments', () => {
  it('loses nothing: the resumed run ends with the same bits', async () => {
    const { expected, hashes, kills } = await killRuns(3, 11, 25)
    expect(expected).toMatch(/^\w{64}$/)
    expect(kills).toBe(3)
    for (const hash of hashes) expect(hash).toBe(expected)
  }, 60_000)
})
