import { describe, expect, it } from 'vitest'
import type { Backend, Block, BufferRef } from '../../lib/kernels/backend.ts'
import { backends } from '../support/native_cases.ts'

// Outputs of 2²³ floats and more are stored past the caches, kStreamedSize in native/simd/streaming.h: every value must
// be that of a smaller call, which stores the usual way.
const C = 64
const ROWS = 2 ** 17 + 3
const SIZE = ROWS * C

interface Placed {
  block: Block
  /** The buffer from element `begin` on. */
  at(begin: number): BufferRef
}

/** A buffer `shift` floats into a block, filled with random numbers. */
function place(backend: Backend, shift: number, seed: number): Placed {
  const block = backend.allocate(4 * (SIZE + shift), backend)
  const at = (begin: number): BufferRef => backend.ref(block, 'float32', shift + begin, SIZE - begin)
  backend.kernels.randomUniform({ size: SIZE, seed, offset: 0, low: -1, high: 1 }, at(0))
  return { block, at }
}

function read(backend: Backend, { block }: Placed, shift: number): Uint8Array {
  const bytes = new Uint8Array(4 * SIZE)
  backend.read(block, 4 * shift, bytes)
  backend.free(block)
  return bytes
}

type Run = (output: Placed, begin: number, rows: number) => void

/** Expects one whole call to write what two halves write. */
function compare(backend: Backend, shift: number, run: Run): void {
  const [whole, parts] = [place(backend, shift, 5), place(backend, shift, 6)]
  run(whole, 0, ROWS)
  const half = ROWS >> 1
  run(parts, 0, half)
  run(parts, half, ROWS - half)
  expect(Buffer.compare(read(backend, whole, shift), read(backend, parts, shift))).toBe(0)
}

describe('large outputs', () => {
  for (const { name, backend } of backends().slice(0, 2)) {
    it(`hold the values of small ones on ${name}`, () => {
      const { kernels } = backend
      const [a, b, channels, bits] = [0, 3, 0, 0].map((shift, seed) => place(backend, shift, seed))
      kernels.fill(C, 0.75, channels.at(0))
      const row = channels.at(0)
      const problem = { c: C, eps: 1e-5, momentum: 0.1, add: true, relu: true }
      for (const shift of [0, 5]) {
        compare(backend, shift, (output, begin, rows) => {
          kernels.reluForward(rows * C, a.at(begin * C), output.at(begin * C))
        })
        compare(backend, shift, (output, begin, rows) => {
          const [input, residual] = [a.at(begin * C), b.at(begin * C)]
          kernels.reluBitsForward(rows * C, input, residual, output.at(begin * C), bits.at(0))
        })
        compare(backend, shift, (output, begin, rows) => {
          kernels.binary('mul', rows * C, a.at(begin * C), b.at(begin * C), output.at(begin * C))
        })
        compare(backend, shift, (output, begin, rows) => {
          const [input, residual] = [a.at(begin * C), b.at(begin * C)]
          const rest = [row, row, null, row, residual, null] as const
          kernels.batchNormEvalForward({ ...problem, rows }, input, ...rest, output.at(begin * C))
        })
      }
      for (const { block } of [a, b, channels, bits]) backend.free(block)
    })
  }
})
