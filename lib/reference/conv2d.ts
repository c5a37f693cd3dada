import { momentsOf } from './batch_norm.ts'
import type { Floats } from './types.ts'

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
  /** Forward gives the larger of the sum and 0; the backward passes know nothing of it. */
  relu: boolean
}

/**
 * Calls `visit` once for every product of the convolution, with the flat positions of its three factors: the output in
 * `[n, oh, ow, oc]`, the input in `[n, ih, iw, ic]` and the weight in `[oc, kh, kw, ic / g]`. Products with padding are left out.
 *
 * The three passes are sums over exactly these triples; they differ only in which factor is the unknown.
 */
function forEachProduct(problem: Conv2dProblem, visit: (output: number, input: number, weight: number) => void): void {
  const { n: N, g: G, ic: IC, ih: IH, iw: IW, oc: OC, oh: OH, ow: OW, kh: KH, kw: KW } = problem
  const { sh, sw, ph, pw, dh, dw } = problem
  const ICG = IC / G
  const OCG = OC / G
  for (let n = 0; n < N; n++) {
    for (let oh = 0; oh < OH; oh++) {
      for (let ow = 0; ow < OW; ow++) {
        for (let oc = 0; oc < OC; oc++) {
          const group = Math.floor(oc / OCG)
          for (let kh = 0; kh < KH; kh++) {
            const ih = oh * sh - ph + kh * dh
            if (ih < 0 || ih >= IH) continue
            for (let kw = 0; kw < KW; kw++) {
              const iw = ow * sw - pw + kw * dw
              if (iw < 0 || iw >= IW) continue
              for (let ic = 0; ic < ICG; ic++) {
                visit(
                  ((n * OH + oh) * OW + ow) * OC + oc,
                  ((n * IH + ih) * IW + iw) * IC + group * ICG + ic,
                  ((oc * KH + kh) * KW + kw) * ICG + ic,
                )
              }
            }
          }
        }
      }
    }
  }
}

/**
 * Forward pass: `output = bias + Σ input · weight`, with `relu` the larger of that and 0, see {@link Conv2dProblem}. Where
 * they are asked for, `moments` get those of the output, see {@link momentsOf}.
 */
export function conv2dForward(
  problem: Conv2dProblem,
  input: Floats,
  weight: Floats,
  bias: Floats | null,
  output: Floats,
  moments: Floats | null,
): void {
  const total = new Float64Array(problem.n * problem.oh * problem.ow * problem.oc)
  if (bias !== null) {
    for (let i = 0; i < total.length; i++) total[i] = bias[i % problem.oc]
  }
  forEachProduct(problem, (o, i, w) => {
    total[o] += input[i] * weight[w]
  })
  output.set(problem.relu ? total.map((sum) => (sum <= 0 ? 0 : sum)) : total)
  if (moments !== null) momentsOf(problem.n * problem.oh * problem.ow, problem.oc, output, moments)
}

/**
 * Gradient of the input, `[n, ih, iw, ic]`: each input element collects `gradOutput · weight` from every product that it
 * took part in; 0 where no window reaches.
 */
export function conv2dBackwardInput(
  problem: Conv2dProblem,
  gradOutput: Floats,
  weight: Floats,
  gradInput: Floats,
): void {
  const total = new Float64Array(problem.n * problem.ih * problem.iw * problem.ic)
  forEachProduct(problem, (o, i, w) => {
    total[i] += gradOutput[o] * weight[w]
  })
  gradInput.set(total)
}

/**
 * Gradients of the weight, `[oc, kh, kw, ic / g]`, which collects `gradOutput · input`, and of the bias,
 * `gradBias[oc] = Σ_{n, oh, ow} gradOutput[n, oh, ow, oc]`.
 */
export function conv2dBackwardWeight(
  problem: Conv2dProblem,
  input: Floats,
  gradOutput: Floats,
  gradWeight: Floats,
  gradBias: Floats | null,
): void {
  const { n, oh, ow, ic, g, oc, kh, kw } = problem
  const total = new Float64Array(oc * kh * kw * (ic / g))
  forEachProduct(problem, (o, i, w) => {
    total[w] += gradOutput[o] * input[i]
  })
  gradWeight.set(total)
  if (gradBias === null) return
  const totalBias = new Float64Array(oc)
  for (let o = 0; o < n * oh * ow * oc; o++) totalBias[o % oc] += gradOutput[o]
  gradBias.set(totalBias)
}
