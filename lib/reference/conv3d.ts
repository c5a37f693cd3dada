import type { Floats } from './types.ts'

/**
 * 3-D convolution (cross-correlation) of channels-last `[n, id, ih, iw, ic]` with `[oc, kd, kh, kw, ic / g]` weights into
 * `[n, od, oh, ow, oc]`:
 *
 * `output[n, od, oh, ow, oc] = bias[oc] + Σ_{kd, kh, kw, ic} weight[oc, kd, kh, kw, ic] ·
 *   input[n, od·sd − pd + kd·dd, oh·sh − ph + kh·dh, ow·sw − pw + kw·dw, ic]`
 *
 * where `ic` runs over the channels of `oc`'s group. `pd`, `ph` and `pw` are the zero padding in front, on the top and on
 * the left; what is needed at the other ends follows from `od`, `oh` and `ow`.
 */
export interface Conv3dProblem {
  n: number
  g: number
  ic: number
  id: number
  ih: number
  iw: number
  oc: number
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
  /** Forward gives the larger of the sum and 0; the backward passes know nothing of it. */
  relu: boolean
}

/** Called with the flat positions of a product's three factors. */
type Visit = (output: number, input: number, weight: number) => void

/**
 * Calls `visit` once for every product of the convolution, with the flat positions of its three factors: the output in
 * `[n, od, oh, ow, oc]`, the input in `[n, id, ih, iw, ic]` and the weight in `[oc, kd, kh, kw, ic / g]`. Products with
 * padding are left out.
 *
 * The three passes are sums over exactly these triples; they differ only in which factor is the unknown.
 */
function forEachProduct(problem: Conv3dProblem, visit: Visit): void {
  const { n: N, oc: OC, od: OD, oh: OH, ow: OW } = problem
  for (let n = 0; n < N; n++) {
    for (let od = 0; od < OD; od++) {
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) {
          for (let oc = 0; oc < OC; oc++) forEachTap(problem, n, od, oh, ow, oc, visit)
        }
      }
    }
  }
}

/** The products that make up one element of the output. */
function forEachTap(
  problem: Conv3dProblem,
  n: number,
  od: number,
  oh: number,
  ow: number,
  oc: number,
  visit: Visit,
): void {
  const { g: G, ic: IC, id: ID, ih: IH, iw: IW, oc: OC, od: OD, oh: OH, ow: OW, kd: KD, kh: KH, kw: KW } = problem
  const { sd, sh, sw, pd, ph, pw, dd, dh, dw } = problem
  const ICG = IC / G
  const group = Math.floor(oc / (OC / G))
  const output = (((n * OD + od) * OH + oh) * OW + ow) * OC + oc
  for (let kd = 0; kd < KD; kd++) {
    const id = od * sd - pd + kd * dd
    if (id < 0 || id >= ID) continue
    for (let kh = 0; kh < KH; kh++) {
      const ih = oh * sh - ph + kh * dh
      if (ih < 0 || ih >= IH) continue
      for (let kw = 0; kw < KW; kw++) {
        const iw = ow * sw - pw + kw * dw
        if (iw < 0 || iw >= IW) continue
        for (let ic = 0; ic < ICG; ic++) {
          const input = (((n * ID + id) * IH + ih) * IW + iw) * IC + group * ICG + ic
          const weight = (((oc * KD + kd) * KH + kh) * KW + kw) * ICG + ic
          visit(output, input, weight)
        }
      }
    }
  }
}

/** Forward pass: `output = bias + Σ input · weight`, with `relu` the larger of that and 0, see {@link Conv3dProblem}. */
export function conv3dForward(
  problem: Conv3dProblem,
  input: Floats,
  weight: Floats,
  bias: Floats | null,
  output: Floats,
): void {
  const total = new Float64Array(problem.n * problem.od * problem.oh * problem.ow * problem.oc)
  if (bias !== null) {
    for (let i = 0; i < total.length; i++) total[i] = bias[i % problem.oc]
  }
  forEachProduct(problem, (o, i, w) => {
    total[o] += input[i] * weight[w]
  })
  output.set(problem.relu ? total.map((sum) => (sum <= 0 ? 0 : sum)) : total)
}

/**
 * Gradient of the input, `[n, id, ih, iw, ic]`: each input element collects `gradOutput · weight` from every product that
 * it took part in; 0 where no window reaches.
 */
export function conv3dBackwardInput(
  problem: Conv3dProblem,
  gradOutput: Floats,
  weight: Floats,
  gradInput: Floats,
): void {
  const total = new Float64Array(problem.n * problem.id * problem.ih * problem.iw * problem.ic)
  forEachProduct(problem, (o, i, w) => {
    total[i] += gradOutput[o] * weight[w]
  })
  gradInput.set(total)
}

/**
 * Gradients of the weight, `[oc, kd, kh, kw, ic / g]`, which collects `gradOutput · input`, and of the bias,
 * `gradBias[oc] = Σ_{n, od, oh, ow} gradOutput[n, od, oh, ow, oc]`.
 */
export function conv3dBackwardWeight(
  problem: Conv3dProblem,
  input: Floats,
  gradOutput: Floats,
  gradWeight: Floats,
  gradBias: Floats | null,
): void {
  const { n, od, oh, ow, ic, g, oc, kd, kh, kw } = problem
  const total = new Float64Array(oc * kd * kh * kw * (ic / g))
  forEachProduct(problem, (o, i, w) => {
    total[w] += gradOutput[o] * input[i]
  })
  gradWeight.set(total)
  if (gradBias === null) return
  const totalBias = new Float64Array(oc)
  for (let o = 0; o < n * od * oh * ow * oc; o++) totalBias[o % oc] += gradOutput[o]
  gradBias.set(totalBias)
}
