import type { DropoutProblem } from '../../lib/reference/dropout.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const dropout: CaseSet<'dropout'> = {
  op: 'dropout',
  layers: {
    mlp_1: 'n32c128p0.2seed1',
    cnn_d1: 'n64c128p0.5seed1',
    rn18_s1: 'n32spatial1024c64p0.5seed1',
    conv_channels: 'n64spatial196c32p0.5seed1_channelwise',
  },
  edges: {
    one: 'n1c1p0.5',
    nothing_dropped: 'n3spatial5c7p0',
    all_dropped: 'n3spatial5c7p1',
    part_of_a_block: 'n3spatial7c11p0.3seed7offset12',
    large_seed: 'n2spatial9c17p0.3seed9007199254740991offset4294967294',
    channelwise: 'n3spatial7c11p0.4seed3offset5_channelwise',
    channelwise_lanes: 'n2spatial5c33p0.4seed3_channelwise',
    long: 'n1c70001p0.1seed11',
    shifted: 'n3spatial7c11p0.3seed7scale1.25shift0.5dropped-1.75',
    shifted_channels: 'n3spatial7c21p0.3seed7scale0.75shift-0.25dropped2_channelwise',
  },
  // One product each; the ten rounds of the generator, some 18 integer operations a word, are not counted.
  flops: ({ n, spatial, c }: DropoutProblem) => n * spatial * c,
  bytes: ({ n, spatial, c }: DropoutProblem) => ITEM * 2 * n * spatial * c,
}
