import type { NllLossProblem } from '../../lib/reference/nll_loss.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const nllLoss: CaseSet<'nll_loss'> = {
  op: 'nll_loss',
  layers: {
    digits: 'rows64c10_mean',
    imagenet: 'rows128c1000_mean',
  },
  edges: {
    one: 'rows1c1_mean',
    none: 'rows5c7_none',
    sum: 'rows5c7_sum',
    ignore: 'rows33c5ignore2_mean',
    slices: 'rows700c123_mean',
  },
  flops: ({ rows }: NllLossProblem) => rows,
  bytes: ({ rows }: NllLossProblem) => 2 * ITEM * rows,
}
