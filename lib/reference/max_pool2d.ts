import type { Floats } from './types.ts'

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

/**
 * `output[n, oh, ow, c] = max over kh, kw of input[n, oh·sh − ph + kh·dh, ow·sw − pw + kw·dw, c]`.
 *
 * Of several NaNs the last wins, as in PyTorch. A window that lies in the padding altogether gives −∞ and argmax −1.
 */
export function maxPool2dForward(
  problem: MaxPool2dProblem,
  input: Floats,
  output: Floats,
  argmax: Int32Array | null,
): void {
  const { n: N, c: C, oh: OH, ow: OW } = problem
  for (let n = 0; n < N; n++) {
    for (let oh = 0; oh < OH; oh++) {
      for (let ow = 0; ow < OW; ow++) {
        for (let c = 0; c < C; c++) {
          const position = winner(problem, input, n, oh, ow, c)
          const o = ((n * OH + oh) * OW + ow) * C + c
          output[o] = position < 0 ? -Infinity : input[(n * problem.ih * problem.iw + position) * C + c]
          if (argmax !== null) argmax[o] = position
        }
      }
    }
  }
}

/** `ih · IW + iw` of the largest input of one window, −1 when the window holds padding only. */
function winner(problem: MaxPool2dProblem, input: Floats, n: number, oh: number, ow: number, c: number): number {
  const { c: C, ih: IH, iw: IW, kh: KH, kw: KW, sh, sw, ph, pw, dh, dw } = problem
  let position = -1
  let best = -Infinity
  for (let kh = 0; kh < KH; kh++) {
    for (let kw = 0; kw < KW; kw++) {
      const ih = oh * sh - ph + kh * dh
      const iw = ow * sw - pw + kw * dw
      if (ih < 0 || ih >= IH || iw < 0 || iw >= IW) continue
      const value = input[((n * IH + ih) * IW + iw) * C + c]
      if (position < 0 || value > best || Number.isNaN(value)) {
        position = ih * IW + iw
        best = value
      }
    }
  }
  return position
}

/** `gradInput[n, ih, iw, c] = Σ gradOutput[n, oh, ow, c]` over the windows whose `argmax` is `ih · IW + iw`. */
export function maxPool2dBackward(
  problem: MaxPool2dProblem,
  gradOutput: Floats,
  argmax: Int32Array,
  gradInput: Floats,
): void {
  const { n: N, c: C, ih: IH, iw: IW, oh: OH, ow: OW } = problem
  const total = new Float64Array(N * IH * IW * C)
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < OH * OW; window++) {
      for (let c = 0; c < C; c++) {
        const o = (n * OH * OW + window) * C + c
        if (argmax[o] >= 0) total[(n * IH * IW + argmax[o]) * C + c] += gradOutput[o]
      }
    }
  }
  gradInput.set(total)
}
