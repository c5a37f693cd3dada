import type { BatchNormProblem } from '../../lib/reference/batch_norm.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const batchNorm: CaseSet<'batch_norm'> = {
  op: 'batch_norm',
  layers: {
    mlp_1: 'rows32c128',
    mlp_2: 'rows32c64',
    cnn_b1: 'rows50176c32',
    bnl_s1: 'rows131072c16',
    bnl_s2: 'rows32768c32',
    bnl_s3: 'rows8192c64',
    rn18_s1: 'rows32768c64',
    rn18_s4: 'rows512c512',
  },
  edges: {
    two_values: 'rows2c1',
    lanes_below: 'rows9c15',
    lanes: 'rows9c16',
    lanes_above: 'rows9c17',
    many_rows: 'rows1031c3',
    many_channels: 'rows3c130',
    momentum_one: 'rows12c5momentum1',
    momentum_zero: 'rows12c5momentum0',
    large_eps: 'rows12c5eps0.5',
    no_eps: 'rows12c5eps0',
  },
  // Sum, shifted square (2) and normalization (2 for the difference and the product, 2 for weight and bias).
  flops: ({ rows, c }: BatchNormProblem) => 7 * rows * c,
  bytes: ({ rows, c }: BatchNormProblem) => ITEM * 2 * rows * c,
}
