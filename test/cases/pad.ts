import type { PadProblem } from '../../lib/reference/pad.ts'
import { type CaseSet, sizeOf } from './case_set.ts'

const padded = ({ shape, before, after }: PadProblem): number[] => shape.map((size, d) => size + before[d] + after[d])

export const pad: CaseSet<'pad'> = {
  op: 'pad',
  layers: {
    // Channels-last images, as in front of a 3x3 convolution, and one of three channels in front of a 7x7.
    reflect: 'shape32x32x32x64before0x1x1x0_reflect',
    replicate: 'shape32x32x32x64before0x1x1x0_replicate',
    circular: 'shape32x32x32x64before0x1x1x0_circular',
    constant: 'shape32x32x32x64before0x1x1x0_constant',
    stem: 'shape8x224x224x3before0x3x3x0_reflect',
  },
  edges: {
    none: 'shape2x3before0x0_reflect',
    one: 'shape1before2_replicate',
    row_reflect: 'shape2x3x5before0x0x4after0x0x2_reflect',
    row_replicate: 'shape2x3x5before0x0x6after0x0x1_replicate',
    row_circular: 'shape2x3x5before0x0x5after0x0x3_circular',
    row_constant: 'shape2x3x5before0x0x2after0x0x1_constant',
    cropped: 'shape2x4x5before-1x0x-2after0x3x1_constant',
    cropped_reflect: 'shape4x5before-1x2after3x-1_reflect',
    cropped_circular: 'shape4x5before-2x1after2x-1_circular',
    cropped_replicate: 'shape4x5before-3x2after2x-4_replicate',
    images: 'shape2x4x3x17before0x1x2x0after0x2x0x0_reflect',
    volumes: 'shape1x3x2x4x5before0x1x1x2x0after0x2x1x0x0_circular',
    channels: 'shape2x3x4before0x0x1after0x0x2_constant',
    bytes: 'item1shape2x3x4before0x1x2_replicate',
    longs: 'item8shape2x3x4before0x1x2_constant',
  },
  // One addition for each element that goes to several places.
  flops: (problem: PadProblem) => sizeOf(padded(problem)),
  bytes: (problem: PadProblem) => problem.itemSize * (sizeOf(problem.shape) + sizeOf(padded(problem))),
}
