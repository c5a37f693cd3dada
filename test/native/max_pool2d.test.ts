import fc from 'fast-check'
import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type MaxPool2dProblem, maxPool2dForward } from '../../lib/reference/index.ts'
import { maxPool2d } from '../cases/max_pool2d.ts'
import { absent, checkCalls, input, type KernelCall, output, outputLike, plain } from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Forward with and without argmax, which is exact, and backward, where overlapping windows add up. */
function callsOver(problem: MaxPool2dProblem, image: Float32Array): KernelCall[] {
  const { n, c, oh, ow, kh, kw } = problem
  const title = printProblem('max_pool2d', problem)
  const size = n * oh * ow * c
  const argmax = new Int32Array(size)
  maxPool2dForward(problem, image, new Float32Array(size), argmax)
  const gradInput = output(image.length, { terms: kh * kw })
  return [
    ...[outputLike(new Int32Array(size), 'exact'), absent].map((winners): KernelCall => {
      const args = [plain(problem), input(image), output(size, 'exact'), winners]
      return { kernel: 'maxPool2dForward', title, args }
    }),
    { kernel: 'maxPool2dBackward', title, args: [plain(problem), input(uniform(size, 2)), input(argmax), gradInput] },
  ]
}

const sizeOf = ({ n, ih, iw, c }: MaxPool2dProblem): number => n * ih * iw * c

/** Over numbers that hardly repeat and over few different ones, so that most windows hold ties. */
function calls(problem: MaxPool2dProblem): KernelCall[] {
  const ties = Float32Array.from(integersBelow(3, sizeOf(problem), 3), (value) => value - 2)
  return [...callsOver(problem, uniform(sizeOf(problem), 1)), ...callsOver(problem, ties)]
}

describeCases(maxPool2d, calls, (problem) => ({ ...problem, n: 3 }))

it('passes on NaN and infinities', () => {
  const problem = parseProblem('max_pool2d', 'n2c19ih9kh3sh2ph1')
  const values = [Number.NaN, -Infinity, -Infinity, -Infinity, Infinity, 0, -1, 2]
  const image = Float32Array.from(integersBelow(values.length, sizeOf(problem), 5), (i) => values[i])
  checkCalls(callsOver(problem, image), backends())
  checkCalls(callsOver(problem, image.fill(-Infinity)), backends())
})

const window = fc.integer({ min: 1, max: 4 })
const side = fc.integer({ min: 1, max: 11 })
const problems = fc
  .record({
    ...{ n: fc.integer({ min: 1, max: 3 }), c: fc.integer({ min: 1, max: 40 }), ih: side, iw: side },
    ...{ kh: window, kw: window, sh: window, sw: window, ph: fc.nat(2), pw: fc.nat(2) },
    ...{ dh: fc.constantFrom(1, 1, 2), dw: fc.constantFrom(1, 1, 3), ceil: fc.boolean() },
  })
  .map(({ ceil, ...rest }): MaxPool2dProblem => {
    const count = (i: number, k: number, s: number, p: number, d: number): number => {
      const whole = (i + 2 * p - d * (k - 1) - 1) / s
      const size = (ceil ? Math.ceil(whole) : Math.floor(whole)) + 1
      // The last window must start inside the input or its leading padding.
      return (size - 1) * s >= i + p ? size - 1 : size
    }
    const { ih, iw, kh, kw, sh, sw, ph, pw, dh, dw } = rest
    return { ...rest, oh: count(ih, kh, sh, ph, dh), ow: count(iw, kw, sw, pw, dw) }
  })
  .filter(({ oh, ow, ph, pw, kh, kw }) => oh > 0 && ow > 0 && 2 * ph <= kh && 2 * pw <= kw)

itHoldsForRandom('max_pool2d', problems, calls, 300)
