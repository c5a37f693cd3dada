import { conv2d as set } from '../../test/cases/conv2d.ts'
import { convBench } from './conv.ts'

export const conv2d = convBench('conv2d', set, ({ n, g, ic, ih, iw, oc, oh, ow, kh, kw }) => ({
  input: n * ih * iw * ic,
  weight: oc * kh * kw * (ic / g),
  output: n * oh * ow * oc,
}))
