/**
 * 2-D convolution (cross-correlation) of channels-last `[n, ih, iw, ic]` with `[oc, kh, kw, ic / g]` weights into `[n, oh, ow, oc]`:
 *
 * `output[n, oh, ow, oc] = bias[oc] + Σ_{kh, kw, ic} input[n, oh·sh − ph + kh·dh, ow·sw − pw + kw·dw, ic] · weight[oc, kh, kw, ic]`
 *
 * where `ic` runs over the channels of `oc`'s group. `ph` and `pw` are the zero padding on the top and left; what is
 * needed on the bottom and right follows from `oh` and `ow`.
 */
export interface Conv2dProblem {
  n: number
  g: number
  ic: number
  ih: number
  iw: number
  oc: number
  oh: number
  ow: number
  kh: number
  kw: number
  sh: number
  sw: number
  ph: number
  pw: number
  dh: number
  dw: number
}
