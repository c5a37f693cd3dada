import { describe, expect, it } from 'vitest'
import { memory, noGrad, ones, randn, runAsync, StateError, tensor, zeros } from '../../lib/index.ts'
import { loadAddon } from '../../lib/kernels/addon.ts'
import type { Backend } from '../../lib/kernels/backend.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { guardedBackends } from '../support/backends.ts'
import { smallTraining } from '../support/small_training.ts'

/** Weights, statistics and losses after some steps of the plain loop. */
function plain(steps: number): number[] {
  const { step, state } = smallTraining()
  const losses = Array.from({ length: steps }, () => Number(step().item()))
  return [...losses, ...state()]
}

/** The same with each step in the queue. */
async function queued(steps: number, home?: Backend): Promise<number[]> {
  const within = <T>(fn: () => T): T => (home === undefined ? fn() : withBackend(home, fn))
  const { step, state } = within(smallTraining)
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const loss = await within(() => runAsync(step))
    losses.push(Number(loss.item()))
  }
  return [...losses, ...within(state)]
}

describe('runAsync', () => {
  it('trains to the same bits as the plain loop', async () => {
    expect(await queued(5)).toEqual(plain(5))
  })

  it('does so where all memory lies alone between pages that may not be touched', async () => {
    const expected = plain(2)
    for (const { backend } of guardedBackends().slice(0, 2)) expect(await queued(2, backend)).toEqual(expected)
  })

  it('computes with the reference backend as well', async () => {
    const home = createReferenceBackend()
    const sum = await withBackend(home, () => runAsync(() => ones([3]).add(2).sum()))
    expect(sum.item()).toBe(9)
  })

  it('shows values inside, and takes new ones, in the order of the program', async () => {
    const seen = await runAsync(() => {
      const values: number[] = []
      let total = zeros([1000])
      for (let i = 1; i <= 20; i++) {
        // The memory of the last addend is reused for the next while kernels still wait for its turn.
        const addend = tensor(new Float32Array(1000).fill(i))
        total = total.add(addend)
        addend.dispose()
        if (i % 5 === 0) values.push(Number(total.mean().item()))
      }
      return values
    })
    expect(seen).toEqual([15, 55, 120, 210])
  })

  it('keeps the order of what is started before the first is done, and of plain calls between', async () => {
    const total = zeros([100])
    const first = runAsync(() => noGrad(() => total.add_(1)))
    const second = runAsync(() => noGrad(() => total.mul_(3)))
    noGrad(() => total.add_(10))
    const read = total.toTypedArray()[99]
    await Promise.all([first, second])
    expect(read).toBe(13)
  })

  it('runs within itself', async () => {
    let inner: Promise<unknown> = Promise.resolve()
    const outer = runAsync(() => {
      const a = ones([10])
      inner = runAsync(() => a.add_(1))
      return a.mul(2)
    })
    await inner
    expect((await outer).toArray()).toEqual(new Array(10).fill(4))
  })

  it('refuses an asynchronous function, and passes on what a function throws', async () => {
    await expect(runAsync(async () => 1)).rejects.toEqual(
      new StateError(
        'runAsync: expected a synchronous function, got one that returns a promise; its later steps would run outside',
      ),
    )
    const thrown = new Error('in the middle')
    const failing = runAsync(() => {
      ones([2]).add(1)
      throw thrown
    })
    await expect(failing).rejects.toBe(thrown)
    expect((await runAsync(() => ones([2]).sum())).item()).toBe(2)
  })

  it('leaves no storage behind', async () => {
    const training = smallTraining()
    const step = async () => (await runAsync(training.step)).dispose()
    await step()
    const before = memory().storages
    for (let i = 0; i < 3; i++) await step()
    expect(memory().storages).toBe(before)
  })

  it('computes at once where the system refuses a thread', async () => {
    const expected = plain(2)
    loadAddon().refuseThreads(true)
    try {
      expect(await queued(2, createNativeBackend({ threads: 4 }))).toEqual(expected)
    } finally {
      loadAddon().refuseThreads(false)
    }
  })
})

describe('a kernel that fails in the queue', () => {
  const home = createNativeBackend()
  const { kernels } = home
  // Straight to the kernel: the ops above check indices themselves, where they know them.
  const gather = (input: object, indices: object, output: object): void =>
    kernels.gatherRows({ rows: 1, sourceRows: 2, rowBytes: 4 }, input, indices, output)
  const make = (values: Float32Array | Int32Array) => {
    const made = withBackend(home, () => tensor(values))
    return { made, ref: withBackend(home, () => made.buffer('test')) as object }
  }

  it('rejects the promise, skips what is behind it and leaves the queue in order', async () => {
    const [input, bad, output] = [make(new Float32Array([1, 2])), make(new Int32Array([2])), make(new Float32Array(1))]
    const other = make(new Float32Array([5]))
    const failing = withBackend(home, () =>
      runAsync(() => {
        gather(input.ref, bad.ref, output.ref)
        kernels.fill(1, 7, other.ref)
      }),
    )
    const unrelated = withBackend(home, () => runAsync(() => kernels.fill(1, 8, output.ref)))
    await expect(failing).rejects.toThrow('gatherRows: index 2 at position 0 is outside the 2 rows')
    await unrelated
    expect([other.made.item(), output.made.item()]).toEqual([5, 8])
  })

  it('is reported by whoever looks at its result first', async () => {
    const [input, bad, output] = [make(new Float32Array([1, 2])), make(new Int32Array([-1])), make(new Float32Array(1))]
    await withBackend(home, () =>
      runAsync(() => {
        gather(input.ref, bad.ref, output.ref)
        expect(() => output.made.item()).toThrow('gatherRows: index -1 at position 0 is outside the 2 rows')
        kernels.fill(1, 3, output.ref)
      }),
    )
    expect(output.made.item()).toBe(3)
  })

  it('throws at once outside', () => {
    const [input, bad, output] = [make(new Float32Array([1, 2])), make(new Int32Array([9])), make(new Float32Array(1))]
    expect(() => gather(input.ref, bad.ref, output.ref)).toThrow('gatherRows: index 9 at position 0 is outside')
  })
})

it('counts scratch memory of queued kernels', async () => {
  const before = memory().peak
  await runAsync(() => randn([300, 300]).matmul(randn([300, 300])))
  expect(memory().peak).toBeGreaterThan(before)
})
