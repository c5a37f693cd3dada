import type { LayerNormProblem } from '../../lib/reference/layer_norm.ts'
import { type CaseSet, ITEM } from './case_set.ts'

/** Layers and edges of normalization by rows, with a mean or without. */
export const rowCases = {
  layers: {
    tokens: 'rows12544size384',
    bnl_s1: 'rows128size16384',
    rn18_s1: 'rows32size65536',
    pixels: 'rows32768size64',
    large: 'rows100352size384',
    large_images: 'rows32size802816',
  },
  edges: {
    one_value: 'rows3size1',
    two_values: 'rows4size2',
    lanes_below: 'rows9size15',
    lanes: 'rows9size16',
    lanes_above: 'rows10size17',
    four_registers: 'rows3size64',
    several_blocks: 'rows3size4101',
    many_rows: 'rows2055size5',
    several_slices: 'rows700size130',
    cut_rows: 'rows2size70003',
    large_eps: 'rows5size12eps0.5',
    no_eps: 'rows5size12eps0',
  },
}

export const layerNorm: CaseSet<'layer_norm'> = {
  op: 'layer_norm',
  ...rowCases,
  // Sum, shifted square (2) and normalization (2 for the difference and the product, 2 for weight and bias).
  flops: ({ rows, size }: LayerNormProblem) => 7 * rows * size,
  bytes: ({ rows, size }: LayerNormProblem) => ITEM * 2 * rows * size,
}
