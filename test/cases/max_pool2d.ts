import type { MaxPool2dProblem } from '../../lib/reference/max_pool2d.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const maxPool2d: CaseSet<'max_pool2d'> = {
  op: 'max_pool2d',
  layers: {
    lenet_p1: 'n64c20ih28kh2sh2ph0',
    lenet_p2: 'n64c50ih14kh2sh2ph0',
    cnn_p1: 'n64c32ih28kh2sh2ph0',
    stem_3x3: 'n32c64ih32kh3sh2ph1',
  },
  edges: {
    one: 'c1ih1kh1sh1ph0',
    lanes_below: 'n2c15ih6kh2sh2ph0',
    lanes: 'n2c16ih6kh2sh2ph0',
    lanes_above: 'n2c17ih6kh2sh2ph0',
    odd_input: 'n2c5ih7iw9kh2sh2ph0',
    ceil: 'n2c5ih7iw9kh2sh2ph0oh4ow5',
    overlap: 'n2c7ih9kh3sh2ph1',
    overlap_more: 'n2c7ih9kh3sh1ph1',
    gaps: 'c3ih11kh2sh3ph0',
    mixed: 'c3ih11iw8kh3kw2sh1sw2ph1pw0',
    dilated: 'c4ih9kh2sh1ph0dh2',
    dilated_mixed: 'c4ih11iw12kh3kw2sh2ph1dh2dw3',
    whole_plane: 'n3c6ih5iw4kh5kw4sh5sw4ph0',
  },
  flops: ({ n, c, oh, ow, kh, kw }: MaxPool2dProblem) => n * c * oh * ow * kh * kw,
  // The input, the output and the argmax.
  bytes: ({ n, c, ih, iw, oh, ow }: MaxPool2dProblem) => ITEM * n * c * (ih * iw + 2 * oh * ow),
}
