import { it } from 'vitest'
import type { Backend, BufferRef } from '../../lib/kernels/backend.ts'
import { uniform } from '../support/data.ts'
import { backends } from '../support/native_cases.ts'
import { compareHalves } from '../support/past_caches.ts'

/** Calls `run` with buffers of these contents, each as a function of a position and a length. */
function withBuffers(
  backend: Backend,
  contents: readonly Float32Array[],
  run: (...buffers: ((at: number, size: number) => BufferRef)[]) => void,
): void {
  const blocks = contents.map((data) => {
    const block = backend.allocate(data.byteLength, contents)
    backend.write(block, 0, data)
    return block
  })
  run(...blocks.map((block) => (at: number, size: number) => backend.ref(block, 'float32', at, size)))
  for (const block of blocks) backend.free(block)
}

// Short rows, rows that begin within cache lines, whole lines, and rows that are cut.
for (const [rows, size] of [
  [68_000, 64],
  [11_100, 385],
  [11_100, 384],
  [61, 70_000],
]) {
  const total = rows * size
  const [data, grads] = [uniform(2 * total, 1), uniform(2 * total, 2)]
  const affine = [uniform(size, 3), uniform(size, 4)]
  const [mean, rstd, sums] = [uniform(2 * rows, 5), uniform(2 * rows, 6, 0.5, 2), new Float32Array(2 * size)]

  it(`layer norm of rows of ${size} that goes past the caches is that which does not`, () => {
    for (const { backend } of backends()) {
      const { kernels } = backend
      withBuffers(backend, [data, grads, ...affine, mean, rstd, sums], (x, g, weight, bias, mean, rstd, sums) => {
        compareHalves(backend, total, (half, halves, to) => {
          const saved = [mean, rstd].map((of) => of(half * rows, halves * rows)) as [BufferRef, BufferRef]
          const read = x(half * total, halves * total)
          const problem = { rows: halves * rows, size, eps: 1e-5 }
          kernels.layerNormForward(problem, read, weight(0, size), bias(0, size), ...saved, to)
        })
        compareHalves(backend, total, (half, halves, to) => {
          const saved = [mean, rstd].map((of) => of(half * rows, halves * rows)) as [BufferRef, BufferRef]
          const read = [x, g].map((of) => of(half * total, halves * total)) as [BufferRef, BufferRef]
          const problem = { rows: halves * rows, size, eps: 1e-5 }
          const summed = [sums(0, size), sums(size, size)] as [BufferRef, BufferRef]
          kernels.layerNormBackward(problem, ...read, ...saved, weight(0, size), to, ...summed)
        })
      })
    }
  })
}

it('group norm that goes past the caches is that which does not', () => {
  const [spatial, c, groups] = [70_000, 64, 32]
  const total = spatial * c
  const [data, grads, weight, stats] = [uniform(2 * total, 1), uniform(2 * total, 2), uniform(c, 3), uniform(128, 5)]
  for (const { backend } of backends()) {
    const { kernels } = backend
    withBuffers(
      backend,
      [data, grads, weight, stats, stats, new Float32Array(2 * c)],
      (x, g, weight, mean, rstd, sums) => {
        const saved = (half: number, halves: number) =>
          [mean, rstd].map((of) => of(half * groups, halves * groups)) as [BufferRef, BufferRef]
        const problem = (n: number) => ({ n, spatial, c, groups, eps: 1e-5 })
        compareHalves(backend, total, (i, n, to) => {
          const read = x(i * total, n * total)
          kernels.groupNormForward(problem(n), read, weight(0, c), weight(0, c), ...saved(i, n), to)
        })
        compareHalves(backend, total, (i, n, to) => {
          const read = [x, g].map((of) => of(i * total, n * total)) as [BufferRef, BufferRef]
          const summed = [sums(0, c), sums(c, c)] as [BufferRef, BufferRef]
          kernels.groupNormBackward(problem(n), ...read, ...saved(i, n), weight(0, c), to, ...summed)
        })
      },
    )
  }
})
