import type { CrossEntropyProblem } from '../../lib/reference/cross_entropy.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const crossEntropy: CaseSet<'cross_entropy'> = {
  op: 'cross_entropy',
  layers: {
    digits: 'rows64c10_mean',
    cifar100: 'rows128c100_mean',
    imagenet: 'rows32c1000smooth0.1_mean',
  },
  edges: {
    one: 'rows1c1_mean',
    none: 'rows5c7_none',
    sum: 'rows5c7_sum',
    smooth_none: 'rows5c7smooth0.1_none',
    smooth_all: 'rows5c7smooth1_mean',
    ignore: 'rows33c5ignore2_mean',
    ignore_smooth: 'rows33c5ignore2smooth0.3_sum',
    lanes: 'rows17c16_mean',
    lanes_above: 'rows16c17smooth0.2_mean',
    many_rows: 'rows2051c3_mean',
  },
  // Maximum, difference, exp, sum.
  flops: ({ rows, c }: CrossEntropyProblem) => 4 * rows * c,
  bytes: ({ rows, c }: CrossEntropyProblem) => ITEM * (rows * c + 2 * rows),
}
