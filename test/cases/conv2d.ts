import type { Conv2dProblem } from '../../lib/reference/conv2d.ts'
import { type CaseSet, ITEM } from './case_set.ts'

/** Pairs (output position, tap) of one dimension whose input position is not padding. */
export function inside(
  outputs: number,
  taps: number,
  stride: number,
  padding: number,
  dilation: number,
  size: number,
): number {
  let count = 0
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < taps; k++) {
      const i = o * stride - padding + k * dilation
      if (i >= 0 && i < size) count++
    }
  }
  return count
}

/** Multiply-adds that touch real input, 2 operations each; the same for all three passes. */
function flops(problem: Conv2dProblem): number {
  const { n, g, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw } = problem
  return 2 * n * oc * (ic / g) * inside(oh, kh, sh, ph, dh, ih) * inside(ow, kw, sw, pw, dw, iw)
}

function bytes({ n, g, ic, ih, iw, oc, oh, ow, kh, kw }: Conv2dProblem): number {
  return ITEM * (n * ic * ih * iw + oc * (ic / g) * kh * kw + n * oc * oh * ow)
}

export const conv2d: CaseSet<'conv2d'> = {
  op: 'conv2d',
  layers: {
    lenet_c1: 'n64ic1ih28oc20kh5sh1ph2',
    lenet_c2: 'n64ic20ih14oc50kh5sh1ph2',
    cnn_c1: 'n64ic1ih28oc32kh3sh1ph1',
    bnl_stem: 'n128ic3ih32oc16kh3sh1ph1',
    bnl_s1: 'n128ic16ih32oc16kh3sh1ph1',
    bnl_s2a: 'n128ic16ih32oc32kh3sh2ph1',
    bnl_s2: 'n128ic32ih16oc32kh3sh1ph1',
    bnl_s3a: 'n128ic32ih16oc64kh3sh2ph1',
    bnl_s3: 'n128ic64ih8oc64kh3sh1ph1',
    sep_dw_s1: 'n64g64ic64ih32oc64kh3sh1ph1',
    sep_dw_s2: 'n64g128ic128ih32oc128kh3sh2ph1',
    sep_pw: 'n64ic64ih32oc128kh1sh1ph0',
    stem3x3: 'n32ic3ih32oc64kh3sh1ph1',
    rn18_s1: 'n32ic64ih32oc64kh3sh1ph1',
    rn18_s2a: 'n32ic64ih32oc128kh3sh2ph1',
    rn18_down: 'n32ic64ih32oc128kh1sh2ph0',
    rn18_s2: 'n32ic128ih16oc128kh3sh1ph1',
    rn18_s3: 'n32ic256ih8oc256kh3sh1ph1',
    rn18_s4: 'n32ic512ih4oc512kh3sh1ph1',
  },
  edges: {
    one: 'ic1ih1oc1kh1sh1ph0',
    one_padded: 'ic1ih1oc1kh3sh1ph1',
    border_only: 'ic3ih1oc2kh1sh1ph1',
    row: 'ic5ih1iw17oc7kh1kw3sh1ph0pw1',
    column: 'ic5ih17iw1oc7kh3kw1sh1ph1pw0',
    lanes_below: 'n2ic15ih6oc15kh3sh1ph1',
    lanes: 'n2ic16ih6oc16kh3sh1ph1',
    lanes_above: 'n2ic17ih6oc17kh3sh1ph1',
    tile_columns: 'ic4ih5iw31oc65kh3sh1ph1',
    wide: 'ic2ih3iw67oc3kh3sh1ph1',
    deep: 'ic300ih3oc5kh1sh1ph0',
    even_window: 'n2ic3ih7oc4kh4kw2sh1ph2pw1',
    stride2: 'n2ic8ih9oc8kh3sh2ph1',
    stride2_even: 'n2ic8ih8oc8kh3sh2ph1',
    stride_past_window: 'ic3ih11oc4kh2sh3ph0',
    stride_mixed: 'ic3ih11iw9oc4kh3kw2sh3sw1ph1pw0',
    window_is_input: 'n2ic6ih5oc9kh5sh1ph0',
    window_past_input: 'n2ic3ih3oc4kh5sh1ph2',
    padding_past_window: 'ic3ih4oc4kh2sh1ph3',
    dilated: 'n2ic5ih11oc6kh3sh1ph2dh2',
    dilated_mixed: 'ic5ih12iw10oc6kh3kw2sh2sw1ph2pw1dh3dw2',
    tiles_exact: 'n2ic16ih8oc16kh3sh1ph1',
    tiles_over: 'n2ic19ih7iw9oc35kh3sh1ph1',
    tiles_unpadded: 'ic32ih11oc17kh3sh1ph0',
    tiles_padded_twice: 'ic16ih5oc33kh3sh1ph2',
    tiles_one_pixel: 'n5ic24ih3oc24kh3sh1ph0',
    tiles_dilated: 'n2ic17ih13iw11oc18kh3sh1ph2dh2',
    tiles_dilated_mixed: 'ic16ih9iw21oc33kh3sh1ph2pw3dh2dw3',
    tiles_dilated_past: 'ic16ih7oc16kh3sh1ph5dh5',
    line: 'n2ic16ih1iw300oc17kh1kw9sh1ph0pw4',
    line_upright: 'n2ic17ih21iw13oc33kh7kw1sh1ph3pw0',
    line_unpadded: 'n3ic24ih1iw150oc16kh1kw4sh1ph0',
    line_padded_past: 'n2ic16ih3iw61oc19kh1kw3sh1ph1pw5',
    lines_across: 'n2ic16ih9iw22oc18kh4kw3sh1ph2pw1',
    lines_across_dilated: 'n2ic18ih11iw22oc16kh2kw7sh1ph3dh2dw1',
    line_upright_past: 'ic16ih3iw90oc16kh9kw1sh1ph8pw0',
    same_odd: 'ic3ih6oc4kh2sh1ph0oh6ow6',
    groups: 'n2g2ic6ih6oc8kh3sh1ph1',
    groups_lanes: 'g2ic32ih5oc32kh3sh1ph1',
    groups_stride: 'n2g3ic9ih8oc6kh3sh2ph1',
    groups_of_8: 'n2g5ic40ih7iw31oc40kh3sh1ph1',
    groups_of_8_stride: 'n2g3ic24ih9iw16oc24kh3sh2ph1',
    groups_of_4: 'n3g7ic28ih5iw15oc28kh3sh1ph0',
    groups_of_4_stride: 'n2g4ic16ih8iw10oc16kh2sh2ph1',
    groups_of_2: 'n2g9ic18ih6iw17oc18kh3kw2sh1ph1',
    groups_of_4_pointwise: 'n2g5ic20ih5iw9oc20kh1sh1ph0',
    groups_of_8_pointwise_stride: 'n2g5ic40ih6iw9oc40kh1sh2ph0',
    groups_of_2_row_dilated: 'g9ic18ih9iw5oc18kh3sh1sw2ph2pw1dh2dw1',
    groups_of_8_padded_past: 'g2ic16ih2iw1oc16kh3sh1ph3',
    relu: 'n2ic6ih7oc9kh3sh1ph1_relu',
    relu_few: 'ic5ih7oc3kh3sh1ph1_relu',
    relu_chunks: 'ic300ih3oc70kh3sh2ph1_relu',
    relu_pointwise: 'n2ic9ih5oc20kh1sh1ph0_relu',
    relu_tiles: 'n2ic17ih9oc35kh3sh1ph1_relu',
    relu_line: 'n2ic19ih1iw140oc20kh1kw5sh1ph0pw2_relu',
    relu_groups_of_8: 'g3ic24ih6oc24kh3sh1ph1_relu',
    relu_depthwise: 'g17ic17ih9oc17kh3sh1ph1_relu',
    relu_depthwise_dilated: 'g20ic20ih9oc20kh3sh1ph2dh2_relu',
    depthwise: 'n2g17ic17ih7oc17kh3sh1ph1',
    depthwise_stride: 'n2g16ic16ih9oc16kh3sh2ph1',
    depthwise_times2: 'g5ic5ih7oc10kh3sh1ph1',
    depthwise_dilated: 'g20ic20ih9oc20kh3sh1ph2dh2',
    depthwise_5x5: 'n2g33ic33ih9iw19oc33kh5sh1ph2',
    depthwise_5x5_stride: 'n2g16ic16ih11iw30oc16kh5sh2ph2',
    depthwise_7x7: 'g19ic19ih9iw11oc19kh7sh1ph3',
    depthwise_strips: 'n2g33ic33ih6iw23oc33kh3sh1ph1',
    depthwise_strips_stride: 'n5g17ic17ih11iw30oc17kh3sh2ph1',
    depthwise_strips_shared: 'n6g20ic20ih5iw8oc20kh3sh1ph1',
    depthwise_strips_unpadded: 'g16ic16ih9iw21oc16kh3sh1ph0_relu',
    depthwise_strips_stride_even: 'n3g35ic35ih10iw22oc35kh3sh2ph1',
    depthwise_strips_stride_unpadded: 'n2g16ic16ih12iw9oc16kh3sh2ph0',
    depthwise_even: 'g18ic18ih9oc18kh4kw3sh2ph1',
    depthwise_unpadded: 'g16ic16ih8iw21oc16kh3sh2sw1ph0',
    depthwise_padded_twice: 'n2g17ic17ih5iw6oc17kh3sh2ph2',
  },
  flops,
  bytes,
}
