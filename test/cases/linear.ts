import type { LinearProblem } from '../../lib/reference/linear.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const linear: CaseSet<'linear'> = {
  op: 'linear',
  layers: {
    mlp_1: 'n32ic784oc128',
    mlp_2: 'n32ic128oc64',
    mlp_3: 'n32ic64oc10',
    lenet_f1: 'n64ic2450oc500',
    lenet_f2: 'n64ic500oc10',
    cnn_f1: 'n64ic6272oc128',
    rn18_fc: 'n32ic512oc10',
  },
  edges: {
    one: 'ic1oc1',
    column: 'n9ic5oc1',
    row: 'ic5oc9',
    lanes_below: 'n3ic15oc15',
    lanes: 'n4ic16oc16',
    lanes_above: 'n5ic17oc17',
    panels: 'n13ic33oc70',
    deep: 'n2ic1025oc3',
    tall: 'n131ic3oc2',
  },
  flops: ({ n, ic, oc }: LinearProblem) => 2 * n * ic * oc,
  bytes: ({ n, ic, oc }: LinearProblem) => ITEM * (n * ic + oc * ic + n * oc),
}
