import { describe, expect, it } from 'vitest'
import { DataLoader } from '../../../lib/data/data_loader.ts'
import type { Dataset } from '../../../lib/data/dataset.ts'
import type { LoaderState } from '../../../lib/data/loader/position.ts'
import { tensor } from '../../../lib/tensor/create.ts'
import type { Tensor } from '../../../lib/tensor/tensor.ts'

/** Yields the indices and, of each sample, the first number of its own stream. */
const drawing: Dataset<[Tensor, Tensor]> = {
  length: 23,
  getBatch: (indices, context) => [
    tensor(indices),
    tensor(Float32Array.from(indices, (_, i) => context!.generator(i).uniform())),
  ],
}

const make = (batchSize = 4) => new DataLoader(drawing, { batchSize, shuffle: true, seed: 3 })
const numbers = ([indices, draws]: [Tensor, Tensor]) => [...indices.toTypedArray(), ...draws.toTypedArray()].map(Number)

describe('the state of a loader', () => {
  it('continues in the middle of an epoch with exactly the batches that were left', async () => {
    const whole = make()
    const epochs = [1, 2, 3].map(() => Array.from(whole, numbers))
    for (let cut = 0; cut <= 6; cut++) {
      const interrupted = make()
      for (const _ of interrupted);
      let seen = 0
      let saved: string | null = null
      for await (const _ of interrupted) {
        if (++seen >= cut) {
          saved = JSON.stringify(interrupted.stateDict())
          break
        }
      }
      const state = JSON.parse(saved!) as LoaderState
      expect(state).toEqual({ seed: 3, epoch: 1, batch: Math.max(cut, 1) })
      const resumed = new DataLoader(drawing, { batchSize: 4, shuffle: true, seed: 99 })
      resumed.loadStateDict(state)
      expect(resumed.epoch).toBe(1)
      expect(resumed.stateDict()).toEqual(state)
      expect(Array.from(resumed, numbers)).toEqual(epochs[1].slice(Math.max(cut, 1)))
      const rest: number[][] = []
      for await (const batch of resumed) rest.push(numbers(batch))
      expect(rest).toEqual(epochs[2])
      expect(resumed.stateDict()).toEqual({ seed: 3, epoch: 3, batch: 0 })
    }
  })

  it('stands where the last loop was left, or at the next epoch when it came to its end', () => {
    const loader = make()
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 0, batch: 0 })
    for (const _ of loader) break
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 0, batch: 1 })
    expect(loader.epoch).toBe(1)
    for (const _ of loader);
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 2, batch: 0 })
    loader.epoch = 7
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 7, batch: 0 })
  })

  it('gives each sample of an epoch the same stream whatever the batch size', () => {
    const draws = (batchSize: number) =>
      Array.from(make(batchSize), ([, draw]) => [...(draw.toTypedArray() as Float32Array)]).flat()
    expect(draws(5)).toEqual(draws(23))
    expect(new Set(draws(5)).size).toBe(23)
  })

  it('refuses what is no state, or not one of this loader', () => {
    const loader = make()
    const load = (state: unknown) => () => loader.loadStateDict(state as LoaderState)
    const message = 'DataLoader: expected a state { seed, epoch, batch } of non-negative integers, got '
    expect(load({ seed: 1, epoch: 0 })).toThrow(`${message}{"seed":1,"epoch":0}`)
    expect(load({ seed: 1, epoch: -1, batch: 0 })).toThrow(`${message}{"seed":1,"epoch":-1,"batch":0}`)
    expect(load(null)).toThrow(`${message}null`)
    expect(load({ seed: 1, epoch: 0, batch: 7 })).toThrow(
      'DataLoader: expected a state within an epoch of 6 batches, got batch 7; ' +
        'the data set or the batch size differs from what the state was taken with',
    )
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 0, batch: 0 })
  })
})
