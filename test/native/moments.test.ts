import { describe, expect, it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type Conv2dProblem, referenceKernels } from '../../lib/reference/index.ts'
import { conv2d } from '../cases/conv2d.ts'
import { absent, checkCall, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** The output and its moments as float64 finds them. */
function exact(problem: Conv2dProblem, image: Float32Array, weight: Float32Array, bias: Float32Array | null) {
  const outputs = new Float64Array(problem.n * problem.oh * problem.ow * problem.oc)
  const moments = new Float64Array(3 * problem.oc)
  const wide = [image, weight, bias].map((data) => data && Float64Array.from(data))
  const [x, w, b] = wide as [Float64Array, Float64Array, Float64Array | null]
  referenceKernels.conv2dForward(problem, x, w, b, outputs, moments)
  return { outputs, moments }
}

/**
 * A forward pass with moments. Its outputs may be off by the error of the convolution; that moves a mean by as much and a sum of
 * squared deviations by twice it times their sum, beside what rounding does to the sums themselves.
 */
function momentsCall(problem: Conv2dProblem, withBias: boolean): KernelCall {
  const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
  const image = uniform(n * ih * iw * ic, 1)
  const weight = uniform((oc * kh * kw * ic) / g, 2)
  const bias = withBias ? uniform(oc, 4) : null
  const rows = n * oh * ow
  const { moments } = exact(problem, image, weight, bias)
  const sizes = [image, weight, bias].map((data) => (data === null ? null : data.map(Math.abs))) as (typeof image)[]
  const { outputs: magnitudes } = exact(problem, sizes[0], sizes[1], sizes[2])
  const largest = magnitudes.reduce((most, value) => Math.max(most, value), 0)
  const wrong = 4 * sumError((kh * kw * ic) / g + 1) * largest
  const mean = moments.subarray(0, oc)
  const squares = moments.subarray(2 * oc)
  const error = [
    ...mean.map((value) => wrong + ROUNDING * Math.abs(value)),
    ...mean.map((value) => ROUNDING * (Math.abs(value) + wrong)),
    ...squares.map((sum) => 2 * wrong * Math.sqrt(rows * sum) + rows * wrong ** 2 + 2 * sumError(rows) * sum),
  ]
  return {
    kernel: 'conv2dForward',
    title: printProblem('conv2d', problem),
    args: [
      ...[plain(problem), input(image), input(weight), bias === null ? absent : input(bias)],
      ...[output(rows * oc, { error: new Float64Array(rows * oc).fill(wrong) }), output(3 * oc, { error })],
    ],
  }
}

describeCases({ ...conv2d, layers: {} }, (problem) => [momentsCall(problem, true), momentsCall(problem, false)])

// Problems large enough for every way of cutting the work: tiles in slices, in steps and by panels, products by rows.
describe('moments of a convolution', () => {
  for (const text of [
    'n3ic64ih32oc64kh3sh1ph1',
    'n2ic256ih8oc256kh3sh1ph1',
    'n1ic512ih4oc512kh3sh1ph1',
    'n4ic16ih32oc24kh3sh1ph1',
    'n2ic64ih16oc96kh3sh2ph1',
    'n4ic64ih14oc80kh1sh1ph0',
    'n4ic32ih5oc130kh1sh1ph0',
    'n3ic16ih1iw500oc24kh1kw9sh1ph0pw4',
    'n2ic32ih17oc48kh7kw1sh1ph3pw0',
    'n2g64ic64ih32oc64kh3sh1ph1',
    'n2g4ic32ih20oc32kh3sh1ph1',
  ]) {
    it(text, () => checkCall(momentsCall(parseProblem('conv2d', text), true), backends()))
  }

  it('of outputs far from 0 are those of the outputs themselves', () => {
    // Deviations of a hundredth around a thousand: their squares are below the rounding of the outputs' squares.
    for (const text of ['n2ic16ih12oc20kh3sh1ph1', 'n2ic8ih9oc17kh1sh1ph0', 'n2g32ic32ih8oc32kh3sh1ph1']) {
      const problem = parseProblem('conv2d', text)
      const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
      const weight = uniform((oc * kh * kw * ic) / g, 2, -0.004, 0.004)
      const buffers = [
        uniform(n * ih * iw * ic, 1),
        weight,
        uniform(oc, 4, 999, 1001),
        new Float32Array(n * oh * ow * oc),
      ]
      for (const { backend, name } of backends()) {
        const owner = {}
        const blocks = [...buffers, new Float32Array(3 * oc)].map((data) => {
          const block = backend.allocate(data.byteLength, owner)
          backend.write(block, 0, data)
          return { block, ref: backend.ref(block, 'float32', 0, data.length) }
        })
        const [x, w, b, y, m] = blocks.map(({ ref }) => ref)
        backend.kernels.conv2dForward(problem, x, w, b, y, m)
        const [outputs, got] = [new Float32Array(n * oh * ow * oc), new Float32Array(3 * oc)]
        backend.read(blocks[3].block, 0, outputs)
        backend.read(blocks[4].block, 0, got)
        for (const { block } of blocks) backend.free(block)
        const want = new Float64Array(3 * oc)
        const identity = {
          ...problem,
          g: 1,
          ic: oc,
          ih: oh,
          iw: ow,
          kh: 1,
          kw: 1,
          sh: 1,
          sw: 1,
          ph: 0,
          pw: 0,
          dh: 1,
          dw: 1,
        }
        const unit = Float64Array.from({ length: oc * oc }, (_, i) => Number(i % (oc + 1) === 0))
        const copy = new Float64Array(outputs.length)
        referenceKernels.conv2dForward(identity, Float64Array.from(outputs), unit, null, copy, want)
        for (let c = 0; c < oc; c++) {
          expect(Math.abs(got[c] + got[oc + c] - want[c]), `${name} mean ${c}`).toBeLessThan(1e-7)
          const ratio = got[2 * oc + c] / want[2 * oc + c]
          expect(Math.abs(ratio - 1), `${name} squares ${c} of ${text}`).toBeLessThan(1e-5)
        }
      }
    }
  })
})
