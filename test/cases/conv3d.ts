import type { Conv3dProblem } from '../../lib/reference/conv3d.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { inside } from './conv2d.ts'

/** Multiply-adds that touch real input, 2 operations each; the same for all three passes. */
function flops(problem: Conv3dProblem): number {
  const { n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw } = problem
  const depth = inside(od, kd, sd, pd, dd, id)
  return 2 * n * oc * (ic / g) * depth * inside(oh, kh, sh, ph, dh, ih) * inside(ow, kw, sw, pw, dw, iw)
}

function bytes({ n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw }: Conv3dProblem): number {
  return ITEM * (n * ic * id * ih * iw + oc * (ic / g) * kd * kh * kw + n * oc * od * oh * ow)
}

export const conv3d: CaseSet<'conv3d'> = {
  op: 'conv3d',
  layers: {
    video: 'n2ic16id16ih56oc32kd3sd1pd1',
    ct: 'ic32id32oc32kd3sd2pd1',
  },
  edges: {
    one: 'ic1id1oc1kd1sd1pd0',
    one_padded: 'ic1id1oc1kd3sd1pd1',
    border_only: 'ic3id1oc2kd1sd1pd1',
    depth_only: 'ic5id9ih1oc7kd3kh1sd1pd1ph0',
    row_only: 'ic5id1iw17oc7kd1kw3sd1pd0pw1',
    plane: 'n2ic5id1ih6oc7kd1kh3sd1pd0ph1',
    frames: 'n2ic6id5ih4oc5kd3kh1sd1pd1ph0',
    lanes_below: 'ic15id4oc15kd3sd1pd1',
    lanes: 'ic16id4oc16kd3sd1pd1',
    lanes_above: 'ic17id4oc17kd3sd1pd1',
    tile_columns: 'ic4id2ih3iw31oc65kd1kh3sd1pd0ph1',
    even_window: 'n2ic3id5oc4kd2kh4kw2sd1pd1ph2pw1',
    stride2: 'n2ic8id5oc8kd3sd2pd1',
    stride2_even: 'ic8id6oc8kd3sd2pd1',
    stride_mixed: 'ic3id7ih8iw9oc4kd2kh3kw2sd1sh2sw3pd1ph0pw1',
    stride_past_window: 'ic3id7oc4kd2sd3pd0',
    window_is_input: 'n2ic6id3oc9kd3sd1pd0',
    window_past_input: 'ic3id2oc4kd4sd1pd2',
    padding_past_window: 'ic3id3oc2kd2sd1pd3',
    dilated: 'ic5id7oc6kd3sd1pd2dd2',
    dilated_mixed: 'ic3id6ih9iw8oc4kd2kh3kw2sd2sh1sw2pd1ph2pw1dd3dh2dw1',
    lines: 'ic17id4ih7iw12oc19kd3sd1pd1',
    lines_one: 'n2ic16id3ih4iw25oc16kd2kh1kw5sd1pd1ph0pw2',
    lines_upright: 'ic16id5ih21iw4oc18kd2kh3kw2sd1pd2ph1dd2dh1',
    lines_relu: 'ic18id3ih6iw15oc17kd3kh2kw4sd1pd2ph1pw2_relu',
    same_odd: 'ic3id4oc4kd2sd1pd0od4oh4ow4',
    groups: 'n2g2ic6id4oc8kd3sd1pd1',
    groups_stride: 'g3ic9id5oc6kd3sd2pd1',
    depthwise: 'g17ic17id4oc17kd3sd1pd1',
    depthwise_times2: 'g5ic5id4oc10kd3sd1pd1',
    depthwise_plane_padded: 'g17ic17id1ih4oc17kd1kh3sd1pd1',
    depthwise_plane_passed_by: 'g17ic17id1ih4oc17kd1kh3sd3sh1pd1',
  },
  flops,
  bytes,
}
