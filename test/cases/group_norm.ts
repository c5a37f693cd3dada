import type { GroupNormProblem } from '../../lib/reference/group_norm.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const groupNorm: CaseSet<'group_norm'> = {
  op: 'group_norm',
  layers: {
    bnl_s1: 'n128spatial1024c16g4',
    rn18_s1: 'n32spatial1024c64g32',
    rn18_s3: 'n32spatial64c256g32',
    instance_s1: 'n128spatial1024c16g16',
    instance_rn18: 'n32spatial1024c64g64',
    one_group: 'n32spatial1024c64g1',
    large: 'n32spatial12544c64g32',
    large_instance: 'n32spatial12544c64g64',
  },
  edges: {
    one_value_each: 'n3c2g2',
    without_pixels: 'n3c12g4',
    one_channel: 'n2spatial9c1g1',
    few_channels: 'n2spatial50c3g1',
    lanes_below: 'n2spatial9c15g5',
    lanes: 'n2spatial9c16g4',
    lanes_above: 'n3spatial5c17g17',
    folded: 'n2spatial11c24g6',
    wide: 'n2spatial6c130g2',
    many_blocks: 'spatial2100c40g8',
    wider_than_a_block: 'n2spatial3c1100g10',
    cut_images: 'n2spatial2500c33g3',
    cut_instance: 'spatial23000c3g3',
    several_slices: 'n70spatial30c40g8',
    large_eps: 'n2spatial6c4g2eps0.5',
    no_eps: 'n2spatial6c4g2eps0',
  },
  // Sum, shifted square (2) and normalization (2 for the difference and the product, 2 for weight and bias).
  flops: ({ n, spatial, c }: GroupNormProblem) => 7 * n * spatial * c,
  bytes: ({ n, spatial, c }: GroupNormProblem) => ITEM * 2 * n * spatial * c,
}
