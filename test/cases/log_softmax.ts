import type { SoftmaxProblem } from '../../lib/reference/log_softmax.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const logSoftmax: CaseSet<'log_softmax'> = {
  op: 'log_softmax',
  layers: {
    digits: 'outer64size10',
    cifar100: 'outer128size100',
    imagenet: 'outer32size1000',
    segmentation: 'outer4size21inner1024',
  },
  edges: {
    one: 'outer1size1',
    one_class: 'outer5size1inner3',
    lanes_below: 'outer3size15',
    lanes: 'outer3size16',
    lanes_above: 'outer3size17',
    inner: 'outer2size5inner7',
    inner_lanes: 'outer2size6inner35',
    long: 'outer1size5003',
  },
  // Maximum, difference, exp, sum, difference.
  flops: ({ outer, size, inner }: SoftmaxProblem) => 5 * outer * size * inner,
  bytes: ({ outer, size, inner }: SoftmaxProblem) => ITEM * 2 * outer * size * inner,
}
