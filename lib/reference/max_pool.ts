import type { Floats } from './types.ts'

/**
 * Max pooling of channels-last images `[n, id, ih, iw, c]` into `[n, od, oh, ow, c]`; those of fewer dimensions have depth
 * or height 1. Padding counts as −∞ and never wins; the first maximum wins ties, a NaN wins.
 *
 * Who won is kept in an array shaped like the output: with `positions` as `(id · IH + ih) · IW + iw` in int32, −1 where a
 * window holds padding alone, else as the number of the tap, `(kd · KH + kh) · KW + kw` in uint8, with 255 for none; windows
 * of more than 255 taps need positions.
 */
export interface MaxPoolProblem {
  n: number
  c: number
  id: number
  ih: number
  iw: number
  od: number
  oh: number
  ow: number
  kd: number
  kh: number
  kw: number
  sd: number
  sh: number
  sw: number
  pd: number
  ph: number
  pw: number
  dd: number
  dh: number
  dw: number
  positions: boolean
  /** Whether negative maxima become 0 and win nothing: the pooling of `max(0, input)`. */
  relu: boolean
}

/** Who won: the numbers of taps or positions. */
export type Argmax = Uint8Array | Int32Array

/** What stands for a window of padding alone among numbers of taps. */
const NO_TAP = 255

/**
 * `output[n, od, oh, ow, c] = max over kd, kh, kw of
 *   input[n, od·sd − pd + kd·dd, oh·sh − ph + kh·dh, ow·sw − pw + kw·dw, c]`.
 *
 * Of several NaNs the last wins, as in PyTorch. A window that lies in the padding altogether gives −∞, 0 with `relu`.
 */
export function maxPoolForward(problem: MaxPoolProblem, input: Floats, output: Floats, argmax: Argmax | null): void {
  const { n: N, c: C, id, ih, iw, od: OD, oh: OH, ow: OW, kd, kh, kw, positions } = problem
  const plane = id * ih * iw
  const none = positions ? -1 : NO_TAP
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < OD * OH * OW; window++) {
      for (let c = 0; c < C; c++) {
        const o = (n * OD * OH * OW + window) * C + c
        let best = -Infinity
        let winner = none
        let empty = true
        for (let tap = 0; tap < kd * kh * kw; tap++) {
          const position = positionOf(problem, window, tap)
          if (position < 0) continue
          const value = input[(n * plane + position) * C + c]
          if (empty || value > best || Number.isNaN(value)) {
            best = value
            winner = positions ? position : tap
            empty = false
          }
        }
        const passes = !problem.relu || !(best <= 0)
        output[o] = passes ? best : 0
        if (argmax !== null) argmax[o] = passes ? winner : none
      }
    }
  }
}

/** `(id · IH + ih) · IW + iw` of one tap of one window, both counted in row-major order; −1 in the padding. */
function positionOf(problem: MaxPoolProblem, window: number, tap: number): number {
  const { id: ID, ih: IH, iw: IW, oh: OH, ow: OW, kh: KH, kw: KW, sd, sh, sw, pd, ph, pw, dd, dh, dw } = problem
  const id = Math.floor(window / (OH * OW)) * sd - pd + Math.floor(tap / (KH * KW)) * dd
  const ih = (Math.floor(window / OW) % OH) * sh - ph + (Math.floor(tap / KW) % KH) * dh
  const iw = (window % OW) * sw - pw + (tap % KW) * dw
  const inside = id >= 0 && id < ID && ih >= 0 && ih < IH && iw >= 0 && iw < IW
  return inside ? (id * IH + ih) * IW + iw : -1
}

/** `gradInput[n, id, ih, iw, c] = Σ gradOutput[n, od, oh, ow, c]` over the windows that this element won. */
export function maxPoolBackward(problem: MaxPoolProblem, gradOutput: Floats, argmax: Argmax, gradInput: Floats): void {
  const { n: N, c: C, id, ih, iw, od, oh, ow, positions } = problem
  const [plane, windows] = [id * ih * iw, od * oh * ow]
  const total = new Float64Array(N * plane * C)
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < windows; window++) {
      for (let c = 0; c < C; c++) {
        const o = (n * windows + window) * C + c
        if (argmax[o] === (positions ? -1 : NO_TAP)) continue
        const position = positions ? argmax[o] : positionOf(problem, window, argmax[o])
        total[(n * plane + position) * C + c] += gradOutput[o]
      }
    }
  }
  gradInput.set(total)
}
