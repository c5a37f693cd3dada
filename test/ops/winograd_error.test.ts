import { describe, expect, it } from 'vitest'
import type { ConvPrecision } from '../../lib/kernels/backend.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { referenceKernels } from '../../lib/reference/index.ts'

type Pass = 'Forward' | 'BackwardInput' | 'BackwardWeight'

/** What `arrays` of input, weight and output gradient make of one pass, in the reference at full precision. */
function exact(text: string, pass: Pass, [input, weight, grad]: Float32Array[]): Float64Array {
  const problem = parseProblem('conv2d', text)
  const [x, w, g] = [input, weight, grad].map((array) => Float64Array.from(array))
  const result = new Float64Array({ Forward: g, BackwardInput: x, BackwardWeight: w }[pass].length)
  if (pass === 'Forward') referenceKernels.conv2dForward(problem, x, w, null, result, null)
  if (pass === 'BackwardInput') referenceKernels.conv2dBackwardInput(problem, g, w, result)
  if (pass === 'BackwardWeight') referenceKernels.conv2dBackwardWeight(problem, x, g, result, null)
  return result
}

/** Numbers with mean 0 and deviation 1, as activations behind a batch norm have them. */
function normal(size: number, seed: number): Float32Array {
  const values = new Float32Array(size)
  referenceKernels.randomNormal({ size, seed, offset: 0, mean: 0, std: 1 }, values)
  return values
}

/** The same on the addon, by the algorithm that the precision allows. */
function native(text: string, pass: Pass, arrays: Float32Array[], precision: ConvPrecision): Float32Array {
  const problem = parseProblem('conv2d', text)
  const backend = createNativeBackend()
  backend.setConvPrecision(precision)
  const result = new Float32Array(arrays[{ Forward: 2, BackwardInput: 0, BackwardWeight: 1 }[pass]].length)
  const owner = {}
  const place = (array: Float32Array) => {
    const block = backend.allocate(array.byteLength, owner)
    backend.write(block, 0, array)
    return { block, ref: backend.ref(block, 'float32', 0, array.length) }
  }
  const placed = [...arrays, result].map(place)
  const [x, w, g, out] = placed.map(({ ref }) => ref)
  if (pass === 'Forward') backend.kernels.conv2dForward(problem, x, w, null, out, null)
  if (pass === 'BackwardInput') backend.kernels.conv2dBackwardInput(problem, g, w, out)
  if (pass === 'BackwardWeight') backend.kernels.conv2dBackwardWeight(problem, x, g, out, null)
  backend.read(placed[3].block, 0, result)
  for (const { block } of placed) backend.free(block)
  return result
}

/** Each element of the result as one running sum in float32, tap after tap and channel after channel. */
function runningSum(text: string, pass: Pass, [input, weight, grad]: Float32Array[]): Float32Array {
  const { n: N, ic: IC, ih: IH, iw: IW, oc: OC, oh: OH, ow: OW, kh: KH, kw: KW, ...rest } = parseProblem('conv2d', text)
  const result = new Float32Array({ Forward: grad, BackwardInput: input, BackwardWeight: weight }[pass].length)
  for (let position = 0; position < N * OH * OW; position++) {
    const [n, oh, ow] = [Math.floor(position / (OH * OW)), Math.floor(position / OW) % OH, position % OW]
    for (let tap = 0; tap < KH * KW; tap++) {
      const ih = oh * rest.sh - rest.ph + Math.floor(tap / KW) * rest.dh
      const iw = ow * rest.sw - rest.pw + (tap % KW) * rest.dw
      if (ih < 0 || ih >= IH || iw < 0 || iw >= IW) continue
      for (let oc = 0; oc < OC; oc++) {
        for (let ic = 0; ic < IC; ic++) {
          const [o, i, w] = [position * OC + oc, ((n * IH + ih) * IW + iw) * IC + ic, (oc * KH * KW + tap) * IC + ic]
          if (pass === 'Forward') result[o] += input[i] * weight[w]
          else if (pass === 'BackwardInput') result[i] += grad[o] * weight[w]
          else result[w] += grad[o] * input[i]
        }
      }
    }
  }
  return result
}

function meanError(got: Float32Array, wanted: Float64Array): number {
  return wanted.reduce((sum, value, i) => sum + Math.abs(got[i] - value), 0) / wanted.length
}

const problems = [
  'n2ic16ih16oc16kh3sh1ph1', // the fewest channels
  'n2ic64ih16oc64kh3sh1ph1',
  'n8ic128ih4oc128kh3sh1ph1', // too few positions for tiles of 4 in the weight gradient
  'n2ic48ih19oc40kh3sh1ph2dh2', // tiles that stick out
  'n2ic48ih14oc48kh5sh1ph2',
  'n2ic16ih1iw512oc16kh1kw3sh1ph0pw1', // lines
  'n2ic64ih1iw256oc64kh1kw9sh1ph0pw4',
  'n2ic32ih17oc48kh7kw1sh1ph3pw0',
  'n2ic32ih9iw40oc32kh4kw3sh1ph2pw1', // sums across lines, as those of three dimensions
  'n2ic32ih32oc32kh3sh2ph1', // the fewest channels
  'n2ic64ih32oc48kh3sh2ph1',
  'n3ic40ih31oc70kh3sh2ph1',
]

describe.each(problems)("Winograd's mean error for %s", (text) => {
  const { n, ic, ih, iw, oc, oh, ow, kh, kw } = parseProblem('conv2d', text)
  const arrays = [normal(n * ih * iw * ic, 1), normal(oc * kh * kw * ic, 2), normal(n * oh * ow * oc, 3)]

  it.each(['Forward', 'BackwardInput', 'BackwardWeight'] as const)('is bounded by that of direct sums: %s', (pass) => {
    const wanted = exact(text, pass, arrays)
    const [direct, medium, fast] = (['strict', 'medium', 'fast'] as const).map((precision) =>
      meanError(native(text, pass, arrays, precision), wanted),
    )
    // Partial sums make the direct kernels more exact than the plain loop; they are never less so.
    const plain = meanError(runningSum(text, pass, arrays), wanted)
    expect(direct / plain).toBeLessThanOrEqual(1.02)
    expect(fast / plain).toBeLessThanOrEqual(2.5)
    expect(medium / plain).toBeLessThanOrEqual(1.5)
    // Another algorithm did run.
    expect(fast).not.toBe(direct)
  })
})
