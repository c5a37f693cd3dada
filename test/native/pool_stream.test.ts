import { expect, it } from 'vitest'
import type { Backend, BufferRef } from '../../lib/kernels/backend.ts'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends } from '../support/native_cases.ts'

// Two images of 19 MB each: together their gradient goes past the caches, one alone does not.
const SIZES = 'c32ih384kh2sh2ph0'

/** What `run` writes into `size` floats, as bytes. */
function written(backend: Backend, size: number, run: (gradInput: BufferRef) => void): Uint8Array {
  const block = backend.allocate(4 * size, {})
  const bytes = new Uint8Array(4 * size)
  run(backend.ref(block, 'float32', 0, size))
  backend.read(block, 0, bytes)
  backend.free(block)
  return bytes
}

it('gradients that go past the caches are those that do not', () => {
  const problems = { n1: `n1${SIZES}`, n2: `n2${SIZES}` }
  const [one, both] = [problems.n1, problems.n2].map((text) => parseProblem('max_pool', text))
  const [oneAverage, bothAverages] = [problems.n1, problems.n2].map((text) => parseProblem('avg_pool', text))
  const [count, size] = [windows(one), pixels(one)]
  const grads = uniform(2 * count, 1)
  const taps = Uint8Array.from(integersBelow(4, 2 * count, 2))
  for (const { name, backend } of backends()) {
    const owner = {}
    const [gradBlock, tapBlock] = [backend.allocate(8 * count, owner), backend.allocate(2 * count, owner)]
    backend.write(gradBlock, 0, grads)
    backend.write(tapBlock, 0, taps)
    const grad = (image: number, images: number) => backend.ref(gradBlock, 'float32', image * count, images * count)
    const tap = (image: number, images: number) => backend.ref(tapBlock, 'uint8', image * count, images * count)
    const { kernels } = backend
    const streamed = written(backend, 2 * size, (to) => kernels.maxPoolBackward(both, grad(0, 2), tap(0, 2), to))
    const averages = written(backend, 2 * size, (to) => kernels.avgPoolBackward(bothAverages, grad(0, 2), to))
    for (const image of [0, 1]) {
      const part = (all: Uint8Array) => all.subarray(4 * size * image, 4 * size * (image + 1))
      const max = written(backend, size, (to) => kernels.maxPoolBackward(one, grad(image, 1), tap(image, 1), to))
      const mean = written(backend, size, (to) => kernels.avgPoolBackward(oneAverage, grad(image, 1), to))
      expect(Buffer.compare(part(streamed), max), `${name}, max, image ${image}`).toBe(0)
      expect(Buffer.compare(part(averages), mean), `${name}, avg, image ${image}`).toBe(0)
    }
    backend.free(gradBlock)
    backend.free(tapBlock)
  }
})
