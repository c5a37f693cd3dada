import type { AvgPoolProblem } from '../../lib/reference/avg_pool.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { pixels, windows } from './max_pool.ts'

export const avgPool: CaseSet<'avg_pool'> = {
  op: 'avg_pool',
  layers: {
    stage_1: 'n32c64ih32kh2sh2ph0',
    bnlenet_1: 'n128c16ih32kh2sh2ph0',
    inception: 'n32c64ih28kh3sh1ph1',
    densenet_1: 'n64c64ih112kh2sh2ph0',
  },
  edges: {
    one: 'c1ih1kh1sh1ph0',
    lanes_below: 'n2c15ih6kh2sh2ph0',
    lanes: 'n2c16ih6kh2sh2ph0',
    lanes_above: 'n2c17ih6kh2sh2ph0',
    registers: 'n2c70ih5kh3sh2ph1',
    odd_input: 'n2c5ih7iw9kh2sh2ph0',
    ceil: 'n2c5ih7iw9kh2sh2ph0oh4ow5',
    ceil_padded: 'n2c5ih6iw8kh3sh2ph1oh4ow5',
    ceil_padded_inside: 'n2c5ih6iw8kh3sh2ph1oh4ow5_excludePad',
    overlap: 'n2c7ih9kh3sh1ph1',
    overlap_inside: 'n2c7ih9kh3sh1ph1_excludePad',
    gaps: 'c3ih11kh2sh3ph0',
    mixed: 'c3ih11iw8kh3kw2sh1sw2ph1pw0',
    divisor: 'n2c5ih7kh3sh2ph1divisor5',
    divisor_large: 'n2c5ih4kh2sh2ph0divisor100',
    whole_plane: 'n3c6ih5iw4kh5kw4sh5sw4ph0',
    row: 'n2c5ih1iw17kh1kw3sh1sw2ph0pw1',
    volume: 'n2c5id5ih4iw6kd2kh2sh2ph0',
    volume_overlap: 'c18id5ih4iw3kd3kh3sd2sh1pd1ph1_excludePad',
    volume_mixed: 'c3id7ih6iw5kd2kh3kw1sd3sh2sw1pd1ph0',
    few_long_rows: 'c80ih12iw24kh9sh1ph0',
  },
  flops: (problem: AvgPoolProblem) => windows(problem) * (problem.kd * problem.kh * problem.kw + 1),
  bytes: (problem: AvgPoolProblem) => ITEM * (pixels(problem) + windows(problem)),
}
