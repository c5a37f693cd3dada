import type { ClipGradProblem } from '../../lib/reference/clip_grad.ts'
import { type CaseSet, ITEM, SIZES } from './case_set.ts'

const count = ({ sizes }: ClipGradProblem): number => sizes.reduce((total, size) => total + size, 0)

export const clipGrad: CaseSet<'clip_grad'> = {
  op: 'clip_grad',
  layers: { mlp: `${SIZES.mlp}limit1`, resnet18: `${SIZES.resnet18}limit1` },
  edges: {
    below: 'sizes1x15x16x17limit100',
    above: 'sizes33x5limit0.5',
    zero: 'sizes33limit0',
    one: 'sizes33x5limit2p1',
    largest: 'sizes33x5x1limit0.5p0',
    cubic: 'sizes33x5limit0.5p3',
    root: 'sizes33x5limit0.5p0.5',
    finite: 'sizes33x5limit0.5_finite',
    long: 'sizes7x70001x0x3limit1',
    long_largest: 'sizes7x70001x3limit0.25p0',
  },
  // One pass for the norm and one to scale.
  flops: (problem) => 3 * count(problem),
  // What is within the limit is only read.
  bytes: (problem) => ITEM * count(problem),
}
