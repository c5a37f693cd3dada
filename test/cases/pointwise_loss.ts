import type { PointwiseLossProblem } from '../../lib/reference/pointwise_loss.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const pointwiseLoss: CaseSet<'pointwise_loss'> = {
  op: 'pointwise_loss',
  layers: {
    // Images 32x3x64x64, as an autoencoder compares them.
    bce_with_logits: 'size393216_bceWithLogits',
    bce: 'size393216_bce',
    mse: 'size393216_mse',
    l1: 'size393216_l1',
    smooth_l1: 'size393216_smoothL1',
    huber: 'size393216_huber',
    kl_div: 'size393216_klDiv',
  },
  edges: {
    mse: 'size1009_mse',
    mse_each: 'size1009_mse_each',
    l1: 'size1009_l1',
    smooth_l1: 'size1009a0.5_smoothL1',
    smooth_l1_each: 'size33a0.1_smoothL1_each',
    huber: 'size1009a0.5_huber',
    bce: 'size1009_bce',
    bce_row: 'size1200width3_bce',
    bce_each: 'size37_bce_each',
    logits: 'size1009_bceWithLogits',
    logits_row: 'size2600width13_bceWithLogits',
    logits_wide_row: 'size9000width1500divisor6_bceWithLogits',
    logits_each: 'size70width1_bceWithLogits_each',
    kl_div: 'size1009divisor7_klDiv',
    kl_div_log: 'size1009_klDivLog',
    sum: 'size77divisor1_mse',
    one: 'size1_bceWithLogits',
    slices: 'size70001_mse',
    slices_row: 'size70000width10_bceWithLogits',
  },
  // Difference, product, sum.
  flops: ({ size }: PointwiseLossProblem) => 3 * size,
  bytes: ({ size, each }: PointwiseLossProblem) => ITEM * (each ? 3 : 2) * size,
}
