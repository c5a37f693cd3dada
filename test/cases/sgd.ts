import type { SgdProblem } from '../../lib/reference/sgd.ts'
import { type CaseSet, ITEM } from './case_set.ts'

const count = ({ sizes }: SgdProblem): number => sizes.reduce((total, size) => total + size, 0)

export const sgd: CaseSet<'sgd'> = {
  op: 'sgd',
  layers: {
    mlp: 'sizes100352x128x128x128x8192x64x64x64x640x10lr0.1momentum0.9decay0.0005_nesterov',
    lenet: 'sizes500x20x25000x50x1225000x500x5000x10lr0.01momentum0.9',
  },
  edges: {
    plain: 'sizes1x15x16x17lr0.1',
    decay: 'sizes33lr0.1decay0.01',
    maximize: 'sizes33lr0.1decay0.01_maximize',
    first: 'sizes33x5lr0.1momentum0.9_first',
    first_nesterov: 'sizes33x5lr0.1momentum0.9_nesterov_first',
    momentum: 'sizes33x5lr0.1momentum0.9',
    dampening: 'sizes33x5lr0.1momentum0.9dampening0.3decay0.02',
    nesterov: 'sizes33x5lr0.1momentum0.8decay0.02_nesterov',
    everything: 'sizes7x70001x3lr0.03momentum0.8decay0.02_nesterov_maximize',
  },
  flops: (problem) => count(problem) * (2 + (problem.weightDecay ? 2 : 0) + (problem.momentum ? 3 : 0)),
  // Parameters and buffers are read and written, gradients read.
  bytes: (problem) => ITEM * count(problem) * (problem.momentum ? 5 : 3),
}
