import { describe, expect, it } from 'vitest'
import { nn, ones, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { MetaBackend, peakBytes } from '../../lib/kernels/meta_backend.ts'
import { backend, withBackend } from '../../lib/kernels/select.ts'
import { throws } from '../util/throws.ts'

const UNKNOWN =
  'expected a forward pass that does not look at the values of tensors (by item(), toArray() and the like): ' +
  'only shapes are followed here, and there are no values'

/** Runs `fn` on a meta backend and returns the names of the kernels that were called. */
function follow(fn: (meta: MetaBackend) => void): string[] {
  const names: string[] = []
  const meta = new MetaBackend(backend(), (name) => names.push(name))
  withBackend(meta, () => fn(meta))
  return names
}

describe('the meta backend', () => {
  it('tells a listener of every kernel and computes nothing', () => {
    const real = ones([2, 3])
    const names = follow(() => {
      expect(backend().info().backend).toBe('meta')
      const output = real.add(zeros([2, 3])).relu()
      expect(output.shape).toEqual([2, 3])
      real.mul_(5)
    })
    expect(names).toEqual(['fill', 'binary', 'reluForward', 'binaryScalar'])
    expect(real.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ])
    expect(backend().info().backend).not.toBe('meta')
  })

  it('runs a backward pass that leaves gradients of the right shapes', () => {
    const names = follow(() => {
      const layer = new nn.Linear(4, 2)
      layer
        .forward(zeros([3, 4]))
        .sum()
        .backward()
      expect(layer.weight.grad?.shape).toEqual([2, 4])
    })
    expect(names).toContain('linearBackwardWeight')
  })

  it('reads values that exist: those of real tensors, and those that were written', () => {
    const real = tensor([1, 2])
    follow(() => {
      expect(real.toArray()).toEqual([1, 2])
      expect(tensor([3, 4], { dtype: 'int64' }).toArray()).toEqual([3n, 4n])
      expect(tensor([0.5]).item()).toBe(0.5)
    })
  })

  it('reads integers that do not exist as 0 and refuses such floats', () => {
    follow(() => {
      const scores = zeros([2, 3])
      expect(scores.argmax(1).toArray()).toEqual([0, 0])
      expect(scores.to('int64').sum(1).toArray()).toEqual([0n, 0n])
      throws(() => scores.sum().item(), StateError, UNKNOWN)
      const known = tensor([1, 2])
      known.add_(1)
      throws(() => known.toArray(), StateError, UNKNOWN)
    })
  })

  it('refuses tensors that left it once it is closed, and takes their memory back without harm', () => {
    let kept: Tensor | undefined
    follow((meta) => {
      kept = zeros([2])
      meta.close()
    })
    const message =
      'tensor: expected one with values, got one that was made while only shapes were followed ' +
      '(by summary, receptiveField, lint or fuse)'
    throws(() => kept?.add(1), StateError, message)
    throws(() => kept?.toArray(), StateError, message)
    kept?.dispose()
    expect(kept?.disposed).toBe(true)
  })

  it('gives memory of real tensors back to its own backend', () => {
    const real = ones([1024])
    const { live } = backend().memory()
    follow(() => real.dispose())
    expect(backend().memory().live).toBeLessThan(live)
  })

  it('counts what is held', () => {
    follow((meta) => {
      const a = zeros([4])
      const b = zeros([2])
      a.dispose()
      expect(meta.memory()).toEqual({ live: 8, pooled: 0, peak: 24, storages: 1 })
      b.dispose()
      expect(meta.memory().live).toBe(0)
      meta.setNumThreads(4)
      meta.setConvPrecision('strict')
      expect([meta.getNumThreads(), meta.info().threads]).toEqual([1, 1])
    })
  })
})

describe('peakBytes', () => {
  const block = (byteLength: number, born: number, lastUse: number, freed: number | null = null) => ({
    byteLength,
    born,
    lastUse,
    freed,
  })

  it('is the most that is needed at once', () => {
    expect(peakBytes([])).toBe(0)
    expect(peakBytes([block(5, 1, 2), block(7, 3, 4)])).toBe(7)
    // The call that uses the first one last makes the second.
    expect(peakBytes([block(5, 1, 3), block(7, 3, 4)])).toBe(12)
    expect(peakBytes([block(5, 1, 2, 9), block(7, 3, 4)])).toBe(12)
  })
  it('holds what is kept to the end', () => {
    const gradient = block(5, 1, 2)
    expect(peakBytes([gradient, block(7, 3, 4)], new Set([gradient]))).toBe(12)
  })
})
