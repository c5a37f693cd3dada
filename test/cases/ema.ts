import type { EmaProblem } from '../../lib/reference/ema.ts'
import { type CaseSet, ITEM, SIZES } from './case_set.ts'

const count = ({ sizes }: EmaProblem): number => sizes.reduce((total, size) => total + size, 0)

export const ema: CaseSet<'ema'> = {
  op: 'ema',
  layers: { mlp: `${SIZES.mlp}decay0.999`, resnet18: `${SIZES.resnet18}decay0.999` },
  edges: {
    slow: 'sizes1x15x16x17decay0.9999',
    fast: 'sizes33x5decay0.5',
    copy: 'sizes33decay0',
    still: 'sizes33decay1',
    long: 'sizes7x70001x0x3decay0.9',
  },
  flops: (problem) => 3 * count(problem),
  bytes: (problem) => 3 * ITEM * count(problem),
}
