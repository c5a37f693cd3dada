import { type CaseSet, countElements, ITEM, SIZES } from './case_set.ts'

export const adam: CaseSet<'adam'> = {
  op: 'adam',
  layers: {
    mlp: `${SIZES.mlp}lr0.001`,
    resnet18: `${SIZES.resnet18}lr0.001`,
    'resnet18 AdamW': `${SIZES.resnet18}lr0.001decay0.01_decoupled`,
  },
  edges: {
    plain: 'sizes1x15x16x17lr0.1',
    // The corrections of the first three steps.
    first: 'sizes33x5lr0.1mc0.1vc0.001',
    third: 'sizes33x5lr0.1mc0.271vc0.002997',
    betas: 'sizes33lr0.1m0.8v0.95mc0.2vc0.05eps0.0001',
    decay: 'sizes33lr0.1decay0.01',
    decoupled: 'sizes33lr0.1decay0.01_decoupled',
    amsgrad: 'sizes33x4lr0.1_amsgrad',
    maximize: 'sizes33lr0.1decay0.01_maximize',
    everything: 'sizes7x70001x3lr0.03mc0.271vc0.002997decay0.02_decoupled_amsgrad_maximize',
    groups: 'sizes40000x3lr0.1decay0.01_amsgrad+sizes5x0x31000lr0.1mc0.1vc0.001+sizes1lr0.2_amsgrad',
  },
  flops: ({ groups }) =>
    countElements(groups, ({ weightDecay, amsgrad }) => 13 + (weightDecay === 0 ? 0 : 2) + (amsgrad ? 1 : 0)),
  // Parameters and averages are read and written, gradients read.
  bytes: ({ groups }) => ITEM * countElements(groups, ({ amsgrad }) => (amsgrad ? 9 : 7)),
}
