import type { SgdGroup } from '../../lib/reference/sgd.ts'
import { type CaseSet, countElements, ITEM, SIZES } from './case_set.ts'

const operations = ({ weightDecay, momentum }: SgdGroup): number =>
  2 + (weightDecay === 0 ? 0 : 2) + (momentum === 0 ? 0 : 3)

export const sgd: CaseSet<'sgd'> = {
  op: 'sgd',
  layers: {
    mlp: `${SIZES.mlp}lr0.1momentum0.9decay0.0005_nesterov`,
    lenet: `${SIZES.lenet}lr0.01momentum0.9`,
    resnet18: `${SIZES.resnet18}lr0.1momentum0.9decay0.0001`,
  },
  edges: {
    plain: 'sizes1x15x16x17lr0.1',
    decay: 'sizes33lr0.1decay0.01',
    decoupled: 'sizes33lr0.1decay0.01_decoupled',
    maximize: 'sizes33lr0.1decay0.01_maximize',
    first: 'sizes33x5lr0.1momentum0.9_first',
    first_nesterov: 'sizes33x5lr0.1momentum0.9_nesterov_first',
    momentum: 'sizes33x5lr0.1momentum0.9',
    dampening: 'sizes33x5lr0.1momentum0.9dampening0.3decay0.02',
    nesterov: 'sizes33x5lr0.1momentum0.8decay0.02_nesterov',
    everything: 'sizes7x70001x3lr0.03momentum0.8decay0.02_nesterov_decoupled_maximize',
    groups: 'sizes40000x3lr0.1momentum0.9decay0.01+sizes5x0x31000lr0.1+sizes1lr0.2momentum0.5_first',
  },
  flops: ({ groups }) => countElements(groups, operations),
  // Parameters and buffers are read and written, gradients read.
  bytes: ({ groups }) => ITEM * countElements(groups, ({ momentum }) => (momentum === 0 ? 3 : 5)),
}
