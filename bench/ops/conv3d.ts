import { conv3d as set } from '../../test/cases/conv3d.ts'
import { convBench } from './conv.ts'

export const conv3d = convBench('conv3d', set, ({ n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw }) => ({
  input: n * id * ih * iw * ic,
  weight: oc * kd * kh * kw * (ic / g),
  output: n * od * oh * ow * oc,
}))
