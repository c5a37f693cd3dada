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
    rn18_s1_relu: 'rows32768c64_relu',
    rn18_s1_add_relu: 'rows32768c64_add_relu',
    bnl_s1_relu: 'rows131072c16_relu',
    bnl_s1_add_relu: 'rows131072c16_add_relu',
    rn18_s4: 'rows512c512',
    beyond_caches: 'rows262144c64',
    beyond_caches_add_relu: 'rows262144c64_add_relu',
  },
  edges: {
    two_values: 'rows2c1',
    lanes_below: 'rows9c15',
    lanes: 'rows9c16',
    lanes_above: 'rows9c17',
    joined_rows: 'rows203c7',
    one_channel_relu: 'rows77c1_relu',
    lanes_below_relu: 'rows9c15_relu',
    cut_row_relu: 'rows131c10_relu',
    cut_row_add: 'rows131c10_add',
    cut_row_add_relu: 'rows131c10_add_relu',
    wide_add_relu: 'rows70c96_add_relu',
    many_rows: 'rows1031c3',
    many_channels: 'rows3c130',
    momentum_one: 'rows12c5momentum1',
    momentum_zero: 'rows12c5momentum0',
    large_eps: 'rows12c5eps0.5',
    no_eps: 'rows12c5eps0',
  },
  // Sum, shifted square (2) and normalization (2 for the difference and the product, 2 for weight and bias).
  flops: ({ rows, c, add, relu }: BatchNormProblem) => (7 + Number(add) + Number(relu)) * rows * c,
  // The input twice, as nothing can be normalized before all of it was summed.
  bytes: ({ rows, c, add }: BatchNormProblem) => ITEM * (3 + Number(add)) * rows * c,
}
