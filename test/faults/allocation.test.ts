import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { functional as F, noGrad, ones, zeros } from '../../lib/index.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import type { AllocationFailure } from '../support/failing_allocations.ts'
import { smallTraining } from '../support/small_training.ts'

const root = join(import.meta.dirname, '..', '..')

/** Two steps from the same start on a backend without faults: what a step computes that follows an undisturbed one. */
function undisturbed(): { losses: number[]; weights: number[] } {
  return withBackend(createNativeBackend(), () => {
    const { step, state } = smallTraining()
    return { losses: [Number(step().item()), Number(step().item())], weights: state() }
  })
}

/** The failures of every allocation of a step, in a process of its own. */
function failures(form: 'plain' | 'queued'): AllocationFailure[] {
  const script = join(root, 'test', 'support', 'failing_allocations.ts')
  return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script, form], { cwd: root, encoding: 'utf8' }))
}

describe('an allocation that fails in a step', () => {
  // The network allocates its activations, gradients and scratch memory: dozens of them.
  it.each(['plain', 'queued'] as const)('is an error and leaves nothing behind, whichever it is (%s)', (form) => {
    const all = failures(form)
    expect(all.length).toBeGreaterThan(30)
    for (const { code, message, ...left } of all) {
      expect([message, left]).toEqual([message, { storages: 0, live: 0 }])
      expect(code).toBe('ERR_OUT_OF_MEMORY')
      expect(message).toMatch(
        /^\w+: out of memory: [\d.]+ (bytes|MB) asked for, [\d.]+ (bytes|MB) live in \d+ storages; largest: float32 \[/,
      )
    }
  })

  it('changes no weight before the optimizer runs, and the next step is as if nothing had been', () => {
    const expected = undisturbed()
    const home = createNativeBackend()
    withBackend(home, () => {
      const { model, input, target, step, state } = smallTraining()
      const losses = [Number(step().item())]
      const before = state()
      for (let k = 1; k < 12; k++) {
        home.failAllocations(k)
        // In evaluation, so that neither statistics nor random numbers are used up.
        model.eval()
        expect(() => F.crossEntropy(model.forward(input), target).backward()).toThrow('out of memory')
        model.train()
        home.failAllocations(0)
        expect(state()).toEqual(before)
      }
      losses.push(Number(step().item()))
      expect(losses).toEqual(expected.losses)
      expect(state()).toEqual(expected.weights)
    })
  })
})

it('says what was asked for, what is live and the three largest holders', () => {
  const home = createNativeBackend()
  const message = withBackend(home, () => {
    const [large, middle] = [zeros([1000, 500]), zeros([64, 3, 10])]
    const others = [ones([100]), ones([50], { dtype: 'int64' }), ones([7])]
    const of = (fn: () => unknown): string => {
      home.failAllocations(1)
      try {
        fn()
        return 'no error'
      } catch (error) {
        return (error as Error).message
      } finally {
        home.failAllocations(0)
      }
    }
    const kept = [large, middle, ...others]
    const result = of(() => noGrad(() => zeros([2 ** 20, 500])))
    expect(kept.length).toBe(5)
    return result
  })
  expect(message).toBe(
    'allocate: out of memory: 2.1 GB asked for, 2.1 MB live in 5 storages; largest: float32 [1000, 500] of 2.0 MB, ' +
      'float32 [64, 3, 10] of 7680 bytes, float32 [100] of 400 bytes',
  )
})
