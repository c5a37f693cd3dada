import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { MatmulProblem } from '../../lib/reference/index.ts'
import { matmul } from '../cases/matmul.ts'
import { input, type KernelCall, output, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Elements that a batched operand reaches over. */
function extent(batchShape: readonly number[], strides: readonly number[], matrix: number): number {
  return batchShape.reduce((last, size, d) => last + (size - 1) * strides[d], matrix)
}

function calls(problem: MatmulProblem): KernelCall[] {
  const { m, k, n, batchShape, aBatchStrides, bBatchStrides } = problem
  const a = uniform(extent(batchShape, aBatchStrides, m * k), 1)
  const b = uniform(extent(batchShape, bBatchStrides, k * n), 2)
  const size = batchShape.reduce((product, s) => product * s, m * n)
  const args = [plain(problem), input(a), input(b), output(size, { terms: k })]
  return [{ kernel: 'matmul', title: printProblem('matmul', problem), args }]
}

// The reference takes some ten nanoseconds a product.
describeCases(matmul, calls, (problem) => ({ ...problem, m: Math.min(problem.m, 67) }))

const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 50 }))
const problems = fc
  .record({
    ...{ m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() },
    batch: fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), a: fc.boolean(), b: fc.boolean() }), {
      maxLength: 2,
    }),
  })
  .map(({ batch, ...rest }): MatmulProblem => {
    // Dense strides over the dimensions that an operand is not repeated over.
    const strides = (matrix: number, repeated: (d: number) => boolean): number[] => {
      let next = matrix
      const result = batch.map(() => 0)
      for (let d = batch.length - 1; d >= 0; d--) {
        if (repeated(d)) continue
        result[d] = next
        next *= batch[d].size
      }
      return result
    }
    return {
      ...rest,
      batchShape: batch.map((one) => one.size),
      aBatchStrides: strides(rest.m * rest.k, (d) => batch[d].a),
      bBatchStrides: strides(rest.k * rest.n, (d) => batch[d].b),
    }
  })

itHoldsForRandom('matmul', problems, calls, 300)
