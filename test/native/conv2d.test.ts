import fc from 'fast-check'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { Conv2dProblem } from '../../lib/reference/index.ts'
import { conv2d } from '../cases/conv2d.ts'
import { absent, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** All three passes with a bias. Every result is a sum of products. */
function calls(problem: Conv2dProblem): KernelCall[] {
  const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
  const title = printProblem('conv2d', problem)
  const image = uniform(n * ih * iw * ic, 1)
  const weight = uniform((oc * kh * kw * ic) / g, 2)
  const gradOutput = uniform(n * oh * ow * oc, 3)
  const forward = output(gradOutput.length, { terms: (kh * kw * ic) / g + 1 })
  const backwardInput = output(image.length, { terms: (kh * kw * oc) / g })
  const backwardWeight = [output(weight.length, { terms: n * oh * ow }), output(oc, { terms: n * oh * ow })]
  const shape = plain(problem)
  return [
    { kernel: 'conv2dForward', title, args: [shape, input(image), input(weight), input(uniform(oc, 4)), forward] },
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

// Two images exercise the batch; one where the reference would take too long.
describeCases(conv2d, calls, (problem) => ({ ...problem, n: conv2d.flops({ ...problem, n: 1 }) > 2e7 ? 1 : 2 }))
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
    ...{ dh: fc.constantFrom(1, 1, 2), dw: fc.constantFrom(1, 1, 3) },
  })
  .map(({ icg, ocg, ...rest }): Conv2dProblem => {
    const { g, ih, iw, kh, kw, sh, sw, ph, pw, dh, dw } = rest
    const oh = Math.floor((ih + 2 * ph - dh * (kh - 1) - 1) / sh) + 1
    const ow = Math.floor((iw + 2 * pw - dw * (kw - 1) - 1) / sw) + 1
    return { ...rest, ic: g * icg, oc: g * ocg, oh, ow }
  })
  .filter((problem) => problem.oh > 0 && problem.ow > 0 && conv2d.flops(problem) < 400_000)

itHoldsForRandom('conv2d', problems, (problem) => [...calls(problem), ...callsWithoutBias(problem)], 300)
