import { type CaseSet, countElements, ITEM, SIZES } from './case_set.ts'

export const rmsprop: CaseSet<'rmsprop'> = {
  op: 'rmsprop',
  layers: {
    mlp: `${SIZES.mlp}lr0.001`,
    resnet18: `${SIZES.resnet18}lr0.001`,
    'resnet18 momentum': `${SIZES.resnet18}lr0.001momentum0.9`,
  },
  edges: {
    plain: 'sizes1x15x16x17lr0.1',
    alpha: 'sizes33lr0.1alpha0.9eps0.0001',
    decay: 'sizes33lr0.1decay0.01',
    momentum: 'sizes33x4lr0.1momentum0.9',
    centered: 'sizes33x4lr0.1_centered',
    maximize: 'sizes33lr0.1decay0.01_maximize',
    everything: 'sizes7x70001x3lr0.03alpha0.9decay0.02momentum0.8_centered_maximize',
    groups: 'sizes40000x3lr0.1momentum0.9+sizes5x0x31000lr0.1_centered+sizes1lr0.2momentum0.9_centered',
  },
  flops: ({ groups }) =>
    countElements(groups, ({ centered, momentum }) => 9 + (centered ? 5 : 0) + (momentum === 0 ? 0 : 2)),
  // Parameters and states are read and written, gradients read.
  bytes: ({ groups }) =>
    ITEM * countElements(groups, ({ centered, momentum }) => 5 + (centered ? 2 : 0) + (momentum === 0 ? 0 : 2)),
}
