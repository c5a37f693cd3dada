import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { AnyArray, PadProblem } from '../../lib/reference/index.ts'
import { sizeOf } from '../cases/case_set.ts'
import { pad } from '../cases/pad.ts'
import { input, type KernelCall, output, outputLike, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

const arrays: Record<number, (size: number) => AnyArray> = {
  1: (size) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + 1) % 251),
  4: (size) => uniform(size, 1),
  8: (size) => BigInt64Array.from({ length: size }, (_, i) => BigInt(i * 31 - 9)),
}

/** Forward moves elements; backward adds as many as come from one, up to 27 in a corner of a volume and more at a small one. */
function calls(problem: PadProblem): KernelCall[] {
  const { shape, before, after, itemSize, mode } = problem
  const [inputs, outputs] = [sizeOf(shape), sizeOf(shape.map((size, d) => size + before[d] + after[d]))]
  const title = printProblem('pad', problem)
  const make = arrays[itemSize]
  const value = mode === 'constant' ? make(3).subarray(2) : null
  const forward: KernelCall = {
    kernel: 'padForward',
    title,
    args: [plain(problem), input(make(inputs)), input(value), outputLike(make(outputs), 'exact')],
  }
  if (itemSize !== 4) return [forward]
  const terms = Math.max(1, outputs)
  const args = [plain(problem), input(uniform(outputs, 2)), output(inputs, { terms: Math.min(terms, 400) })]
  return [forward, { kernel: 'padBackward', title, args }]
}

describeCases(pad, calls, (problem) => ({ ...problem, shape: problem.shape.map((size) => Math.min(size, 20)) }))

const dimension = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  ends: fc.tuple(fc.integer({ min: -2, max: 4 }), fc.integer({ min: -2, max: 4 })),
  padded: fc.boolean(),
})
const problems = fc
  .record({
    dimensions: fc.array(dimension, { minLength: 1, maxLength: 4 }),
    mode: fc.constantFrom('constant', 'reflect', 'replicate', 'circular'),
    itemSize: fc.constantFrom(1, 4, 4, 4, 8),
  })
  .map(({ dimensions, mode, itemSize }): PadProblem => {
    // Ends as wide as the mode allows, and something left.
    const ends = dimensions.map(({ size, ends: [a, b], padded }) => {
      if (!padded) return [0, 0]
      const cut = [Math.max(a, -(size - 1)), Math.max(b, -Math.max(size - 1 + Math.min(a, 0), 0))]
      const left = size + Math.min(cut[0], 0) + Math.min(cut[1], 0)
      const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? left : 4
      return cut.map((end) => Math.min(end, most))
    })
    const shape = dimensions.map(({ size }) => size)
    return { itemSize, shape, before: ends.map(([a]) => a), after: ends.map(([, b]) => b), mode } as PadProblem
  })
  .filter(({ shape, before, after }) => shape.every((size, d) => size + before[d] + after[d] > 0))
itHoldsForRandom('pad', problems, calls, 150)

it('refuses what would read outside the input', () => {
  const [{ backend }] = backends()
  const { kernels } = backend
  const owner = {}
  const ref = backend.ref(backend.allocate(4096, owner), 'float32', 0, 1024)
  const run = (problem: Partial<PadProblem>) => () =>
    kernels.padForward(
      { itemSize: 4, shape: [3], before: [1], after: [0], mode: 'reflect', ...problem },
      ref,
      null,
      ref,
    )
  expect(run({ before: [3] })).toThrow('padForward: an end is wider than the mode allows')
  expect(run({ before: [4], mode: 'circular' })).toThrow('padForward: an end is wider than the mode allows')
  expect(run({ before: [-3] })).toThrow('padForward: nothing is left')
  expect(run({ after: [0, 1] })).toThrow('padForward: before and after must have one entry a dimension')
  expect(run({ itemSize: 3 })).toThrow('padForward: itemSize must be 1, 4 or 8')
  expect(run({ mode: 'constant' })).toThrow('padForward: constant padding needs a value')
  expect(run({ shape: [2 ** 40] })).toThrow(/padForward: buffer in argument 2 holds \d+ bytes/)
})
