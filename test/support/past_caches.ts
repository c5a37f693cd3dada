import { expect } from 'vitest'
import type { Backend, BufferRef } from '../../lib/kernels/backend.ts'

/** What `run` writes into `size` floats, as bytes. */
function written(backend: Backend, size: number, run: (gradInput: BufferRef) => void): Uint8Array {
  const block = backend.allocate(4 * size, {})
  const bytes = new Uint8Array(4 * size)
  run(backend.ref(block, 'float32', 0, size))
  backend.read(block, 0, bytes)
  backend.free(block)
  return bytes
}

/**
 * Expects two halves of `size` floats at once, an output that goes past the caches, to get what each gets alone, which
 * does not; `run` has the first half, how many, and where they go.
 */
export function compareHalves(
  backend: Backend,
  size: number,
  run: (half: number, halves: number, to: BufferRef) => void,
): void {
  const both = written(backend, 2 * size, (to) => run(0, 2, to))
  for (const half of [0, 1]) {
    const part = both.subarray(4 * size * half, 4 * size * (half + 1))
    expect(
      Buffer.compare(
        part,
        written(backend, size, (to) => run(half, 1, to)),
      ),
      `half ${half}`,
    ).toBe(0)
  }
}
