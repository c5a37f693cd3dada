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
