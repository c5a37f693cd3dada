import type { MatmulProblem } from '../../lib/reference/matmul.ts'
import { type CaseSet, ITEM, sizeOf } from './case_set.ts'

/** Distinct matrices behind a batch operand: the dimensions it is repeated over count once. */
function matrices(batchShape: readonly number[], strides: readonly number[]): number {
  return sizeOf(batchShape.filter((_, d) => strides[d] !== 0))
}

function bytes({ m, k, n, batchShape, aBatchStrides, bBatchStrides }: MatmulProblem): number {
  const a = matrices(batchShape, aBatchStrides) * m * k
  const b = matrices(batchShape, bBatchStrides) * k * n
  return ITEM * (a + b + sizeOf(batchShape) * m * n)
}

export const matmul: CaseSet<'matmul'> = {
  op: 'matmul',
  layers: {
    square_256: 'm256k256n256',
    square_512: 'm512k512n512',
    attention: 'b8x4m64k32n64',
    tall_thin: 'm4096k64n16',
  },
  edges: {
    one: 'm1k1n1',
    no_depth: 'm3k0n4',
    dot: 'm1k37n1',
    outer: 'm7k1n19',
    row: 'm1k9n33',
    column: 'm33k9n1',
    lanes_below: 'm15k15n15',
    lanes: 'm16k16n16',
    lanes_above: 'm17k17n17',
    panels: 'm29k40n75',
    transposed_a: 'm13k21n18_ta',
    transposed_b: 'm13k21n18_tb',
    transposed_both: 'm13k21n18_ta_tb',
    transposed_a_groups: 'm197k520n135_ta',
    batch: 'b5m3k4n6',
    batch_2d: 'b2x3m5k7n9',
    batch_shared_b: 'b4m5k7n9bs0',
    batch_shared_a: 'b4m5k7n9as0_tb',
    batch_crossed: 'b2x3m4k5n6as20x0bs0x30_ta',
  },
  flops: ({ m, k, n, batchShape }: MatmulProblem) => 2 * sizeOf(batchShape) * m * k * n,
  bytes,
}
