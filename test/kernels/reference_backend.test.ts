import { describe, expect, it } from 'vitest'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'

describe('the reference backend', () => {
  it('reads back what it wrote, at an offset too', () => {
    const backend = createReferenceBackend()
    const block = backend.allocate(12, {})
    backend.write(block, 4, Float32Array.of(1.5, -2))
    const values = new Float32Array(2)
    backend.read(block, 4, values)
    expect([...values]).toEqual([1.5, -2])
  })

  it('names parts of a block as arrays of each element type', () => {
    const backend = createReferenceBackend()
    const block = backend.allocate(16, {})
    backend.write(block, 0, BigInt64Array.of(1n, 2n))
    expect(backend.ref(block, 'int64', 1, 1)).toEqual(BigInt64Array.of(2n))
    expect(backend.ref(block, 'int32', 2, 1)).toEqual(Int32Array.of(2))
    expect(backend.ref(block, 'uint8', 8, 2)).toEqual(Uint8Array.of(2, 0))
    expect(backend.ref(block, 'float32', 1, 1)).toEqual(Float32Array.of(0))
  })

  it('counts bytes and storages, rounded to whole elements of the widest type', () => {
    const backend = createReferenceBackend()
    const owner = {}
    const first = backend.allocate(12, owner)
    const second = backend.allocate(8, owner)
    expect(backend.memory()).toEqual({ live: 24, pooled: 0, peak: 24, storages: 2 })
    backend.free(first)
    backend.free(first)
    expect(backend.memory()).toEqual({ live: 8, pooled: 0, peak: 24, storages: 1 })
    backend.free(second)
    expect(backend.memory()).toEqual({ live: 0, pooled: 0, peak: 24, storages: 0 })
  })

  it('refuses a block that was freed', () => {
    const backend = createReferenceBackend()
    const block = backend.allocate(8, {})
    backend.free(block)
    expect(() => backend.read(block, 0, new Uint8Array(1))).toThrow('reference backend: block used after it was freed')
  })

  it('takes back the blocks of garbage owners, but those freed before only once', async () => {
    const backend = createReferenceBackend()
    ;(() => {
      for (let i = 0; i < 10; i++) {
        const block = backend.allocate(800, {})
        if (i < 5) backend.free(block)
      }
    })()
    for (let turn = 0; turn < 50 && backend.memory().storages > 0; turn++) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(backend.memory()).toMatchObject({ live: 0, storages: 0 })
  })

  it('computes on one thread', () => {
    const backend = createReferenceBackend()
    backend.setNumThreads(4)
    expect(backend.getNumThreads()).toBe(1)
  })
})
