import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { runAsync } from '../../lib/index.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { smallTraining } from '../support/small_training.ts'

/**
 * Weights, statistics and momentum of 20 steps on one instruction set, as a run on a machine with AVX2 and no more gives
 * them. A change of a kernel that changes rounding on purpose brings a new one.
 */
const AVX2 = '421671d1e7afc1464201cc25fc647c29a1b851182b6d7c7aeb41251987f2520d'

const STEPS = 20

function hash(values: readonly number[]): string {
  return createHash('sha256').update(Float64Array.from(values)).digest('hex')
}

function run(isa: string, threads: (step: number) => number): string {
  const home = createNativeBackend({ isa, threads: 1 })
  return withBackend(home, () => {
    const { step, state } = smallTraining()
    const losses: number[] = []
    for (let i = 0; i < STEPS; i++) {
      home.setNumThreads(threads(i))
      losses.push(Number(step().item()))
    }
    return hash([...losses, ...state()])
  })
}

const { isas } = createNativeBackend().info()

describe.each(isas)('a run on %s', (isa) => {
  const expected = run(isa, () => 1)

  it('has the same bits again, for any number of threads and when it changes between steps', () => {
    expect(run(isa, () => 1)).toBe(expected)
    expect(run(isa, () => 3)).toBe(expected)
    expect(run(isa, (step) => 1 + (step % 4))).toBe(expected)
  })

  it('has the same bits in the queue', async () => {
    const home = createNativeBackend({ isa, threads: 2 })
    const { step, state } = withBackend(home, smallTraining)
    const losses: number[] = []
    for (let i = 0; i < STEPS; i++) {
      home.setNumThreads(1 + (i % 3))
      const loss = await withBackend(home, () => runAsync(step))
      losses.push(Number(loss.item()))
    }
    expect(hash([...losses, ...withBackend(home, state)])).toBe(expected)
  })
})

it.skipIf(!isas.includes('avx2'))('on AVX2 has the bits of any machine with AVX2 (skipped on CPUs without it)', () => {
  expect(run('avx2', () => 2)).toBe(AVX2)
})
