import { stridedWalk } from './strided_walk.ts'
import type { Floats } from './types.ts'

/**
 * Batched matrix product `output[b] = op(a[b]) · op(b[b])`, `[m, k] · [k, n]`, each matrix dense and row-major.
 * With `transposeA` the stored `a` is `[k, m]`, with `transposeB` the stored `b` is `[n, k]`.
 * Batch strides in elements, 0 where an operand is shared by all of a batch dimension; the output batch is dense.
 */
export interface MatmulProblem {
  m: number
  k: number
  n: number
  transposeA: boolean
  transposeB: boolean
  batchShape: readonly number[]
  aBatchStrides: readonly number[]
  bBatchStrides: readonly number[]
}

/** `output[b, i, j] = Σ_l a[b, i, l] · b[b, l, j]`; `output` is `[...batchShape, m, n]`. */
export function matmul(problem: MatmulProblem, a: Floats, b: Floats, output: Floats): void {
  const { m, k, n, transposeA, transposeB, batchShape, aBatchStrides, bBatchStrides } = problem
  let written = 0
  stridedWalk(batchShape, [aBatchStrides, bBatchStrides], ([aBase, bBase]) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0
        for (let l = 0; l < k; l++) {
          total += a[aBase + (transposeA ? l * m + i : i * k + l)] * b[bBase + (transposeB ? j * k + l : l * n + j)]
        }
        output[written++] = total
      }
    }
  })
}
