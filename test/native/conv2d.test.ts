import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findAddon } from '../../lib/kernels/addon.ts'
import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { Conv2dProblem } from '../../lib/reference/index.ts'
import { conv2d } from '../cases/conv2d.ts'
import { absent, input, type KernelCall, output, plain, type Tolerance } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/**
 * Whether the shape is one that Winograd's algorithm is for at that precision: dense, channels enough, and three taps in a
 * line with a stride of 1, or 3×3 with a stride of 2.
 */
function winograd({ g, ic, oc, kh, kw, sh, sw, ph, pw, dh, dw }: Conv2dProblem, precision: ConvPrecision): boolean {
  if (precision === 'strict' || g !== 1 || ic < 16 || oc < 16) return false
  if (sh === 1 && sw === 1) return Math.max(kh, kw) >= 3
  const halves = [sh, sw].every((step) => step === 2) && [kh, kw].every((taps) => taps === 3)
  return precision === 'fast' && halves && [ph, pw, dh, dw].every((one) => one === 1) && ic >= 32 && oc >= 32
}

/**
 * All three passes with a bias. Every result is a sum of products. Winograd's algorithm adds and subtracts neighbouring
 * elements first, so that its error is relative to the largest of them: with the interpolation points in use at most 13
 * roundings of that where the sums are short (16 terms, whose bound would be 12) and 6 where they are long.
 */
function calls(problem: Conv2dProblem, precision: ConvPrecision = 'fast'): KernelCall[] {
  const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
  const title = printProblem('conv2d', problem)
  const image = uniform(n * ih * iw * ic, 1)
  const weight = uniform((oc * kh * kw * ic) / g, 2)
  const gradOutput = uniform(n * oh * ow * oc, 3)
  const spread = winograd(problem, precision)
  const sum = (terms: number): Tolerance => (spread ? { terms, spread: 4 } : { terms })
  const forward = output(gradOutput.length, sum((kh * kw * ic) / g + 1))
  const backwardInput = output(image.length, sum((kh * kw * oc) / g))
  const backwardWeight = [output(weight.length, sum(n * oh * ow)), output(oc, { terms: n * oh * ow })]
  const shape = plain(problem)
  return [
    {
      kernel: 'conv2dForward',
      title,
      args: [shape, input(image), input(weight), input(uniform(oc, 4)), forward, absent],
    },
    { kernel: 'conv2dBackwardInput', title, args: [shape, input(gradOutput), input(weight), backwardInput] },
    { kernel: 'conv2dBackwardWeight', title, args: [shape, input(image), input(gradOutput), ...backwardWeight] },
  ]
}

/** The same without bias, where passes have one. */
function callsWithoutBias(problem: Conv2dProblem): KernelCall[] {
  const [forward, , backwardWeight] = calls(problem)
  return [
    { ...forward, args: forward.args.with(3, absent) },
    { ...backwardWeight, args: backwardWeight.args.with(4, absent) },
  ]
}

const fastCalls = (problem: Conv2dProblem): KernelCall[] => calls(problem)

// Two images exercise the batch; one where the reference would take too long.
describeCases(conv2d, fastCalls, (problem) => ({ ...problem, n: conv2d.flops({ ...problem, n: 1 }) > 2e7 ? 1 : 2 }))
describeCases({ ...conv2d, layers: {} }, callsWithoutBias)

const side = fc.integer({ min: 1, max: 12 })
// A lane count of every instruction set, its neighbours, and small odd numbers.
const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(15, 16, 17, 31, 33, 48))

const problems = fc
  .record({
    ...{ n: fc.integer({ min: 1, max: 3 }), g: fc.constantFrom(1, 1, 1, 2, 3, 16) },
    ...{ icg: channels, ocg: channels, ih: side, iw: side },
    ...{ kh: fc.integer({ min: 1, max: 5 }), kw: fc.integer({ min: 1, max: 5 }) },
    ...{ sh: fc.constantFrom(1, 1, 2, 3), sw: fc.constantFrom(1, 1, 2, 3) },
    ...{ ph: fc.integer({ min: 0, max: 3 }), pw: fc.integer({ min: 0, max: 3 }) },
    ...{ dh: fc.constantFrom(1, 1, 2), dw: fc.constantFrom(1, 1, 3), relu: fc.boolean() },
  })
  .map(({ icg, ocg, ...rest }): Conv2dProblem => {
    const { g, ih, iw, kh, kw, sh, sw, ph, pw, dh, dw } = rest
    const oh = Math.floor((ih + 2 * ph - dh * (kh - 1) - 1) / sh) + 1
    const ow = Math.floor((iw + 2 * pw - dw * (kw - 1) - 1) / sw) + 1
    return { ...rest, ic: g * icg, oc: g * ocg, oh, ow }
  })
  .filter((problem) => problem.oh > 0 && problem.ow > 0 && conv2d.flops(problem) < 400_000)

itHoldsForRandom('conv2d', problems, (problem) => [...calls(problem), ...callsWithoutBias(problem)], 300)

// Output sizes around the tiles of 2 and 4, channels around whole registers.
const some = fc.integer({ min: 16, max: 49 })
const winogradProblems = fc
  .record({
    ...{ n: fc.integer({ min: 1, max: 3 }), ic: some, oc: some, ih: side, iw: side },
    ...{ ph: fc.integer({ min: 0, max: 3 }), pw: fc.integer({ min: 0, max: 3 }), k: fc.constantFrom(3, 5) },
    ...{ dh: fc.constantFrom(1, 1, 2), dw: fc.constantFrom(1, 1, 3), relu: fc.boolean() },
  })
  .map(({ k, ...sizes }): Conv2dProblem => {
    const { ih, iw, ph, pw, dh, dw } = sizes
    const fixed = { g: 1, kh: k, kw: k, sh: 1, sw: 1 }
    return { ...sizes, ...fixed, oh: ih + 2 * ph - dh * (k - 1), ow: iw + 2 * pw - dw * (k - 1) }
  })
  .filter((problem) => problem.oh > 0 && problem.ow > 0 && conv2d.flops(problem) < 2_500_000)

// Lines around tiles of 4 and of 2, as short as one and longer than the tiles that are taken together.
const line = fc.oneof(fc.integer({ min: 3, max: 24 }), fc.constantFrom(230, 390))
const lineProblems = fc
  .record({
    ...{ n: fc.integer({ min: 1, max: 3 }), ic: some, oc: some, along: line, across: fc.integer({ min: 1, max: 9 }) },
    ...{ k: fc.integer({ min: 3, max: 9 }), k2: fc.constantFrom(1, 1, 2, 4), d2: fc.constantFrom(1, 1, 2) },
    ...{ pad: fc.integer({ min: 0, max: 9 }), pad2: fc.integer({ min: 0, max: 3 }) },
    ...{ turned: fc.boolean(), relu: fc.boolean() },
  })
  .map(({ n, ic, oc, along, across, k, k2, d2, pad, pad2, turned, relu }): Conv2dProblem => {
    const rows = { ih: across, kh: k2, ph: pad2, dh: d2, oh: across + 2 * pad2 - d2 * (k2 - 1) }
    const columns = { iw: along, kw: k, pw: pad, dw: 1, ow: along + 2 * pad - (k - 1) }
    const fixed = { n, g: 1, ic, oc, sh: 1, sw: 1, relu }
    if (!turned || k2 > 2) return { ...fixed, ...rows, ...columns }
    const upright = { ih: along, kh: k, ph: pad, dh: 1, oh: columns.ow }
    return { ...fixed, ...upright, iw: across, kw: k2, pw: pad2, dw: d2, ow: rows.oh }
  })
  .filter((problem) => problem.oh > 0 && problem.ow > 0 && conv2d.flops(problem) < 2_500_000)

for (const precision of ['fast', 'medium', 'strict'] as const) {
  itHoldsForRandom('conv2d', winogradProblems, (problem) => calls(problem, precision), 100, precision)
}
for (const precision of ['fast', 'medium'] as const) {
  itHoldsForRandom('conv2d', lineProblems, (problem) => calls(problem, precision), 40, precision, 'lines')
}

const more = fc.integer({ min: 32, max: 49 })
const halvingProblems = fc
  .record({ n: fc.integer({ min: 1, max: 3 }), ic: more, oc: more, ih: side, iw: side, relu: fc.boolean() })
  .map(({ ih, iw, ...sizes }): Conv2dProblem => {
    const fixed = { g: 1, kh: 3, kw: 3, sh: 2, sw: 2, ph: 1, pw: 1, dh: 1, dw: 1 }
    // Outputs that tiles of 4 mostly fill.
    const [oh, ow] = [4 * Math.ceil(ih / 4), 4 * Math.ceil(iw / 4)]
    return { ...sizes, ...fixed, oh, ow, ih: 2 * oh - (ih % 2), iw: 2 * ow - (iw % 2) }
  })
itHoldsForRandom('conv2d', halvingProblems, (problem) => calls(problem), 60)

const tiles = Object.entries(conv2d.edges).filter(([, text]) => winograd(parseProblem('conv2d', text), 'medium'))
const tileCases = { ...conv2d, layers: {}, edges: Object.fromEntries(tiles) }
for (const precision of ['medium', 'strict'] as const) {
  describeCases(
    tileCases,
    (problem) => calls(problem, precision),
    (problem) => problem,
    precision,
  )
}

it('reads nothing of an empty batch for its moments', () => {
  const root = join(import.meta.dirname, '..', '..')
  // The block of no bytes ends at an unmapped page: the pivot was once taken from there.
  const native = findAddon([root]).createEnvironment({ isa: 'scalar', threads: 1, guard: 'after' })
  const sides = { g: 1, ic: 1, ih: 2, iw: 2, oc: 4, oh: 2, ow: 2, kh: 1, kw: 1 }
  const problem: Conv2dProblem = { ...sides, n: 0, sh: 1, sw: 1, ph: 0, pw: 0, dh: 1, dw: 1, relu: false }
  const [empty, weight, moments] = [0, 16, 48].map((bytes) => native.allocate(bytes, {}))
  native.conv2dForward(problem, empty, weight, null, empty, moments)
  const read = new Float32Array(12).fill(7)
  native.read(moments, 0, read)
  expect([...read]).toEqual(new Array(12).fill(0))
})
