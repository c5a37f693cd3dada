import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { AnyArray, CopyProblem } from '../../lib/reference/index.ts'
import { philoxWords } from '../../lib/reference/random.ts'
import { copy } from '../cases/copy.ts'
import { inout, input, type KernelCall, plain } from '../support/check_op.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

function extent(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, size, d) => last + (size - 1) * strides[d], 1)
}

/** Elements of any bits, as bytes, int32 or int64. */
function elements(itemSize: CopyProblem['itemSize'], size: number, seed: number): AnyArray {
  const words = philoxWords(2 * size, seed, 0)
  if (itemSize === 8) return new BigInt64Array(words.buffer, 0, size)
  return itemSize === 4 ? new Int32Array(words.buffer, 0, size) : new Uint8Array(words.buffer, 0, size)
}

/** What lies between the elements of a strided output stays as it was. */
function calls(problem: CopyProblem): KernelCall[] {
  const { itemSize, shape, inputStrides, outputStrides } = problem
  const from = elements(itemSize, extent(shape, inputStrides), 1)
  const to = elements(itemSize, extent(shape, outputStrides), 2)
  return [
    { kernel: 'copy', title: printProblem('copy', problem), args: [plain(problem), input(from), inout(to, 'exact')] },
  ]
}

// Two images of each layer; strides do not depend on the batch.
describeCases(copy, calls, (problem) => ({ ...problem, shape: problem.shape.with(0, 2) }))

/** Dense strides for the dimensions in the order given, with `gap` elements left out behind each of the innermost. */
function stridesFor(shape: readonly number[], order: readonly number[], gap: number): number[] {
  const strides = shape.map(() => 0)
  let next = 1 + gap
  for (const d of order) {
    strides[d] = next
    next *= shape[d]
  }
  return strides
}

const problems = fc
  .record({
    itemSize: fc.constantFrom<CopyProblem['itemSize'][]>(1, 4, 8),
    shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    gap: fc.constantFrom(0, 0, 1),
    repeat: fc.boolean(),
  })
  .chain(({ itemSize, shape, gap, repeat }) => {
    const dims = shape.map((_, d) => d)
    const orders = fc.shuffledSubarray(dims, { minLength: dims.length })
    return fc.tuple(orders, orders).map(([from, to]): CopyProblem => {
      const inputStrides = stridesFor(shape, from, gap)
      if (repeat) inputStrides[to[0]] = 0
      return { itemSize, shape, inputStrides, outputStrides: stridesFor(shape, to, 0) }
    })
  })
itHoldsForRandom('copy', problems, calls, 300)
