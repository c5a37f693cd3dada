/**
 * 2-D max pooling of channels-last `[n, ih, iw, c]` into `[n, oh, ow, c]`. Padding counts as −∞ and never wins; the
 * first maximum wins ties, a NaN wins. `argmax` (int32, shaped like the output) holds `ih · IW + iw` of the winner.
 */
export interface MaxPool2dProblem {
  n: number
  c: number
  ih: number
  iw: number
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
