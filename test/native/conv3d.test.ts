import fc from 'fast-check'
import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { Conv3dProblem } from '../../lib/reference/index.ts'
import { conv3d } from '../cases/conv3d.ts'
import { absent, input, type KernelCall, output, plain, type Tolerance } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Whether Winograd's algorithm may run: dense of stride 1, three taps in a line, channels enough. */
function winograd({ g, ic, oc, kh, kw, sd, sh, sw }: Conv3dProblem): boolean {
  return g === 1 && ic >= 16 && oc >= 16 && Math.max(kh, kw) >= 3 && sd === 1 && sh === 1 && sw === 1
}

/** All three passes with a bias; every result is a sum of products, and Winograd's bound is that of the largest one. */
function calls(problem: Conv3dProblem, precision: ConvPrecision = 'fast'): KernelCall[] {
  const { n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw } = problem
  const sum = (terms: number): Tolerance => ({
    terms,
    ...(precision !== 'strict' && winograd(problem) && { spread: 4 }),
  })
  const title = printProblem('conv3d', problem)
  const image = uniform(n * id * ih * iw * ic, 1)
  const weight = uniform((oc * kd * kh * kw * ic) / g, 2)
  const gradOutput = uniform(n * od * oh * ow * oc, 3)
  const places = n * od * oh * ow
  const forward = output(gradOutput.length, sum((kd * kh * kw * ic) / g + 1))
  const backwardInput = output(image.length, sum((kd * kh * kw * oc) / g))
  const backwardWeight = [output(weight.length, sum(places)), output(oc, { terms: places })]
  const shape = plain(problem)
  return [
    { kernel: 'conv3dForward', title, args: [shape, input(image), input(weight), input(uniform(oc, 4)), forward] },
    { kernel: 'conv3dBackwardInput', title, args: [shape, input(gradOutput), input(weight), backwardInput] },
    { kernel: 'conv3dBackwardWeight', title, args: [shape, input(image), input(gradOutput), ...backwardWeight] },
  ]
}

/** The same without bias, where passes have one. */
function callsWithoutBias(problem: Conv3dProblem): KernelCall[] {
  const [forward, , backwardWeight] = calls(problem)
  return [
    { ...forward, args: forward.args.with(3, absent) },
    { ...backwardWeight, args: backwardWeight.args.with(4, absent) },
  ]
}

// The reference would take minutes for a whole layer: an eighth of its extent has the same channels and borders.
const part = (size: number): number => Math.max(3, Math.round(size / 8))
function cut(problem: Conv3dProblem): Conv3dProblem {
  const [id, ih, iw] = [part(problem.id), part(problem.ih), part(problem.iw)]
  const { kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw } = problem
  const size = (i: number, k: number, s: number, p: number, d: number): number =>
    Math.floor((i + 2 * p - d * (k - 1) - 1) / s) + 1
  const [od, oh, ow] = [size(id, kd, sd, pd, dd), size(ih, kh, sh, ph, dh), size(iw, kw, sw, pw, dw)]
  return { ...problem, n: 1, id, ih, iw, od, oh, ow }
}

const fastCalls = (problem: Conv3dProblem): KernelCall[] => calls(problem)

describeCases(conv3d, fastCalls, cut)
describeCases({ ...conv3d, layers: {} }, callsWithoutBias)

const side = fc.integer({ min: 1, max: 7 })
const channels = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(15, 16, 17, 33))
const window = fc.integer({ min: 1, max: 4 })
const stride = fc.constantFrom(1, 1, 2, 3)
const padding = fc.integer({ min: 0, max: 2 })
const dilation = fc.constantFrom(1, 1, 2)

const problems = fc
  .record({
    ...{ n: fc.integer({ min: 1, max: 2 }), g: fc.constantFrom(1, 1, 1, 2, 3, 16), icg: channels, ocg: channels },
    ...{ id: side, ih: side, iw: side, kd: window, kh: window, kw: window },
    ...{ sd: stride, sh: stride, sw: stride, pd: padding, ph: padding, pw: padding },
    ...{ dd: dilation, dh: dilation, dw: dilation, relu: fc.boolean() },
  })
  .map(({ icg, ocg, ...rest }): Conv3dProblem => {
    const { g, id, ih, iw, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw } = rest
    const od = Math.floor((id + 2 * pd - dd * (kd - 1) - 1) / sd) + 1
    const oh = Math.floor((ih + 2 * ph - dh * (kh - 1) - 1) / sh) + 1
    const ow = Math.floor((iw + 2 * pw - dw * (kw - 1) - 1) / sw) + 1
    return { ...rest, ic: g * icg, oc: g * ocg, od, oh, ow }
  })
  .filter((problem) => problem.od > 0 && problem.oh > 0 && problem.ow > 0 && conv3d.flops(problem) < 300_000)

itHoldsForRandom('conv3d', problems, (problem) => [...calls(problem), ...callsWithoutBias(problem)], 200)

const tiles = Object.entries(conv3d.edges).filter(([, text]) => winograd(parseProblem('conv3d', text)))
const tileCases = { ...conv3d, layers: {}, edges: Object.fromEntries(tiles) }
for (const precision of ['medium', 'strict'] as const) {
  describeCases(
    tileCases,
    (problem) => calls(problem, precision),
    (problem) => problem,
    precision,
  )
}
