import type { CopyProblem } from '../../lib/reference/copy.ts'
import { type CaseSet, sizeOf } from './case_set.ts'

export const copy: CaseSet<'copy'> = {
  op: 'copy',
  layers: {
    to_channels_last: 'shape64x3x32x32o3072x1x96x3',
    to_channels_first: 'shape64x50x7x7i2450x1x350x50',
  },
  edges: {
    scalar: 'shape1',
    dense: 'shape1003',
    transposed: 'shape5x7i1x5',
    transposed_large: 'shape67x45i1x67',
    to_channels_last: 'shape2x3x4x5o60x1x15x3',
    to_channels_first: 'shape2x17x3x3i153x1x51x17',
    repeated: 'shape4x6i0x1',
    repeated_inner: 'shape4x6i1x0',
    gaps: 'shape3x5i20x2',
    scattered: 'shape3x5o20x2',
    bytes: 'item1shape7x9i1x7',
    bytes_dense: 'item1shape131',
    longs: 'item8shape5x7i1x5',
    longs_dense: 'item8shape33',
    six_dimensions: 'shape2x3x2x2x3x2i1x2x6x12x24x72',
  },
  flops: () => 0,
  bytes: ({ itemSize, shape }: CopyProblem) => 2 * itemSize * sizeOf(shape),
}
