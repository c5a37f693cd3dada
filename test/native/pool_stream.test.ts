import { it } from 'vitest'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends } from '../support/native_cases.ts'
import { compareHalves } from '../support/past_caches.ts'

// Two images of 19 MB each: together their gradient goes past the caches, one alone does not.
const SIZE = 'c32ih384'

// Windows side by side, and overlapping ones.
for (const shape of ['kh2sh2ph0', 'kh3sh2ph1']) {
  it(`gradients of ${shape} that go past the caches are those that do not`, () => {
    const max = (n: number) => parseProblem('max_pool', `n${n}${SIZE}${shape}`)
    const average = (n: number) => parseProblem('avg_pool', `n${n}${SIZE}${shape}`)
    const [count, size, { kh }] = [windows(max(1)), pixels(max(1)), max(1)]
    const grads = uniform(2 * count, 1)
    const taps = Uint8Array.from(integersBelow(kh * kh, 2 * count, 2))
    for (const { backend } of backends()) {
      const owner = {}
      const [gradBlock, tapBlock] = [backend.allocate(8 * count, owner), backend.allocate(2 * count, owner)]
      backend.write(gradBlock, 0, grads)
      backend.write(tapBlock, 0, taps)
      const grad = (image: number, images: number) => backend.ref(gradBlock, 'float32', image * count, images * count)
      const tap = (image: number, images: number) => backend.ref(tapBlock, 'uint8', image * count, images * count)
      const { kernels } = backend
      compareHalves(backend, size, (i, n, to) => kernels.maxPoolBackward(max(n), grad(i, n), tap(i, n), to))
      compareHalves(backend, size, (i, n, to) => kernels.avgPoolBackward(average(n), grad(i, n), to))
      backend.free(gradBlock)
      backend.free(tapBlock)
    }
  })
}

it('the gradient of a global maximum that goes past the caches is that which does not', () => {
  const problem = (n: number) => parseProblem('adaptive_max_pool', `n${n}${SIZE}oh1`)
  const [c, size] = [windows(problem(1)), pixels(problem(1))]
  const positions = integersBelow(size / c, 2 * c, 2)
  for (const { backend } of backends()) {
    const [gradBlock, positionBlock] = [backend.allocate(8 * c, backend), backend.allocate(8 * c, backend)]
    backend.write(gradBlock, 0, uniform(2 * c, 1))
    backend.write(positionBlock, 0, positions)
    compareHalves(backend, size, (i, n, to) => {
      const [grad, winners] = [
        backend.ref(gradBlock, 'float32', i * c, n * c),
        backend.ref(positionBlock, 'int32', i * c, n * c),
      ]
      backend.kernels.adaptiveMaxPoolBackward(problem(n), grad, winners, to)
    })
    backend.free(gradBlock)
    backend.free(positionBlock)
  }
})
