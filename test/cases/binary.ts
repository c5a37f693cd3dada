import type { BinaryProblem } from '../../lib/reference/binary.ts'
import { type CaseSet, ITEM, sizeOf } from './case_set.ts'

/** Elements that an operand really holds: the dimensions it is repeated over count once. */
function held(shape: readonly number[], strides: readonly number[]): number {
  return sizeOf(shape.filter((_, d) => strides[d] !== 0))
}

export const binary: CaseSet<'binary'> = {
  op: 'binary',
  layers: {
    residual: 'shape32x32x32x64_add',
    channel_bias: 'shape32x1024x64b0x0x1_add',
  },
  edges: {
    scalar: 'shape1_add',
    lanes_above: 'shape17_sub',
    long: 'shape100003_mul',
    rows: 'shape5x7b0x1_div',
    columns: 'shape5x7a1x0_rsub',
    both: 'shape5x7a1x0b0x1_rdiv',
    constant: 'shape5x7b0x0_maximum',
    transposed: 'shape5x7a1x5_minimum',
    into_channels_last: 'shape2x3x4x5o60x1x15x3_add',
    gaps: 'shape3x4a16x2b8x1_mul',
    powers: 'shape6x9_pow',
    powers_swapped: 'shape6x9_rpow',
    five_dimensions: 'shape2x3x2x3x2a0x12x6x2x1b36x0x6x0x1_add',
    equal: 'shape6x9b0x1_eq',
    unequal: 'shape6x9_ne',
    less: 'shape6x9_lt',
    at_most: 'shape6x9_le',
    greater: 'shape6x9_gt',
    at_least: 'shape6x9_ge',
  },
  flops: ({ shape }: BinaryProblem) => sizeOf(shape),
  bytes: ({ shape, aStrides, bStrides }: BinaryProblem) =>
    ITEM * (held(shape, aStrides) + held(shape, bStrides) + sizeOf(shape)),
}
