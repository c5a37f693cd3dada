import type { MaxPoolProblem } from '../../lib/reference/max_pool.ts'
import { type CaseSet, ITEM } from './case_set.ts'

/** Inputs of a pooling. */
export const pixels = ({ n, c, id, ih, iw }: { n: number; c: number; id: number; ih: number; iw: number }): number =>
  n * id * ih * iw * c

/** Outputs of a pooling. */
export const windows = ({ n, c, od, oh, ow }: { n: number; c: number; od: number; oh: number; ow: number }): number =>
  n * od * oh * ow * c

export const maxPool: CaseSet<'max_pool'> = {
  op: 'max_pool',
  layers: {
    lenet_p1: 'n64c20ih28kh2sh2ph0',
    lenet_p2: 'n64c50ih14kh2sh2ph0',
    cnn_p1: 'n64c32ih28kh2sh2ph0',
    stage_1: 'n32c64ih32kh2sh2ph0',
    bnlenet_1: 'n128c16ih32kh2sh2ph0',
    stem_3x3: 'n32c64ih32kh3sh2ph1',
    imagenet_stem: 'n64c64ih112kh3sh2ph1',
    lenet_p1_relu: 'n64c20ih28kh2sh2ph0_relu',
    stage_1_relu: 'n32c64ih32kh2sh2ph0_relu',
    imagenet_2x2: 'n64c64ih112kh2sh2ph0',
  },
  edges: {
    one: 'c1ih1kh1sh1ph0',
    lanes_below: 'n2c15ih6kh2sh2ph0',
    lanes: 'n2c16ih6kh2sh2ph0',
    lanes_above: 'n2c17ih6kh2sh2ph0',
    registers: 'n2c70ih5kh3sh2ph1',
    odd_input: 'n2c5ih7iw9kh2sh2ph0',
    ceil: 'n2c5ih7iw9kh2sh2ph0oh4ow5',
    overlap: 'n2c7ih9kh3sh2ph1',
    overlap_more: 'n2c7ih9kh3sh1ph1',
    gaps: 'c3ih11kh2sh3ph0',
    mixed: 'c3ih11iw8kh3kw2sh1sw2ph1pw0',
    dilated: 'c4ih9kh2sh1ph0dh2',
    dilated_mixed: 'c4ih11iw12kh3kw2sh2ph1dh2dw3',
    whole_plane: 'n3c6ih5iw4kh5kw4sh5sw4ph0',
    row: 'n2c5ih1iw17kh1kw3sh1sw2ph0pw1',
    volume: 'n2c5id5ih4iw6kd2kh2sh2ph0',
    volume_overlap: 'c18id5ih4iw3kd3kh3sd2sh1pd1ph1',
    volume_mixed: 'c3id7ih6iw5kd2kh3kw1sd3sh2sw1pd1ph0dd2',
    positions: 'n2c17ih6kh2sh2ph0_positions',
    positions_overlap: 'n2c7id4ih9kd2kh3sd1sh2ph1dh2_positions',
    relu: 'n2c17ih6kh2sh2ph0_relu',
    relu_overlap: 'c21ih9iw6kh3sh2ph1_relu',
    relu_positions: 'n2c5id3ih4kd2kh3sd1sh2ph1_positions_relu',
    many_taps: 'c3ih18iw20kh16sh2ph8_positions',
    few_long_rows: 'c80ih12iw24kh9sh1ph0_positions',
  },
  flops: (problem: MaxPoolProblem) => windows(problem) * problem.kd * problem.kh * problem.kw,
  // The input, the output and who won.
  bytes: (problem: MaxPoolProblem) =>
    ITEM * (pixels(problem) + windows(problem)) + (problem.positions ? ITEM : 1) * windows(problem),
}
