import { describe, expect, it, vi } from 'vitest'
import { evaluate, functional as F, type FitOptions, fit, type Run } from '../../lib/index.ts'
import { backend } from '../../lib/kernels/select.ts'
import { bitsOf, problem } from './problem.ts'

/** A run without what depends on the clock. */
function story(run: Run): unknown {
  const timeless = (key: string, value: unknown): unknown =>
    /seconds|samplesPerSecond|memory|started/i.test(key) ? null : value
  return JSON.parse(JSON.stringify(run, timeless))
}

async function trained(options: Partial<FitOptions>) {
  const { model, settings } = problem({ metrics: ['accuracy'], ...options })
  const run = await fit(model, settings)
  return { bits: bitsOf(model), story: story(run) }
}

/** How often arithmetic was put into the queue during a run of 6 steps and 3 batches of validation. */
async function queued(options: Partial<FitOptions>): Promise<number> {
  const begin = vi.spyOn(backend(), 'beginQueue')
  const { model, settings } = problem({ epochs: 1, ...options })
  await fit(model, settings)
  const { length } = begin.mock.calls
  begin.mockRestore()
  return length
}

describe('fit with async', () => {
  it.each<[string, Partial<FitOptions>]>([
    ['steps and validation', {}],
    ['gradients that are added up and clipped', { accumulate: 4, clipGradNorm: 0.1 }],
    ['gradients that are not measured', { gradNorms: false, validation: null }],
  ])('gives the same bits and the same story: %s', async (_, options) => {
    expect(await trained({ ...options, async: true })).toEqual(await trained({ ...options, async: false }))
  })

  it('queues the forward, the backward and the update of every step, and validation', async () => {
    expect(await queued({ async: true })).toBe(3 * 6 + 3)
    expect(await queued({ async: false })).toBe(0)
    expect(await queued({})).toBe(0)
  })

  it('passes on what a loss throws and leaves nothing queued behind it', async () => {
    const failing = problem({
      async: true,
      loss: () => {
        throw new TypeError('a loss of mine')
      },
    })
    await expect(fit(failing.model, failing.settings)).rejects.toThrow('a loss of mine')
    const { model, settings } = problem({ async: true })
    expect((await fit(model, settings)).outcome).toBe('finished')
  })
})

describe('evaluate with async', () => {
  it('measures the same', async () => {
    const { model, settings } = problem()
    const measures = (async: boolean) =>
      evaluate(model, settings.validation!, { loss: F.crossEntropy, metrics: ['accuracy'], async })
    expect(await measures(true)).toEqual(await measures(false))
  })
})
