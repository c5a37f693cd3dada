import { type CaseSet, countElements, ITEM, SIZES } from './case_set.ts'

export const adagrad: CaseSet<'adagrad'> = {
  op: 'adagrad',
  layers: { mlp: `${SIZES.mlp}lr0.01`, resnet18: `${SIZES.resnet18}lr0.01` },
  edges: {
    plain: 'sizes1x15x16x17lr0.1',
    eps: 'sizes33lr0.1eps0.01',
    decay: 'sizes33lr0.1decay0.01',
    maximize: 'sizes33lr0.1decay0.01_maximize',
    everything: 'sizes7x70001x3lr0.03decay0.02_maximize',
    groups: 'sizes40000x3lr0.1+sizes5x0x31000lr0.1decay0.01',
  },
  flops: ({ groups }) => countElements(groups, ({ weightDecay }) => 7 + (weightDecay === 0 ? 0 : 2)),
  // Parameters and sums are read and written, gradients read.
  bytes: ({ groups }) => ITEM * countElements(groups, () => 5),
}
