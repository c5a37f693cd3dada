import { describe, expect, it } from 'vitest'
import { uniform } from '../../../bench/fill.ts'
import { chooseShapes, convMeans } from '../../../bench/suites/conv.ts'
import { expectedValues, resultSize } from '../../../bench/suites/conv_check.ts'
import {
  CONV_PASSES,
  type ConvShape,
  convFlops,
  convProblem,
  convProblemString,
  convShape,
  geometryOf,
  loadShapes,
  type ShapeEntry,
} from '../../../bench/suites/conv_shapes.ts'
import { parseProblem, printProblem } from '../../../lib/kernels/problem_string.ts'
import { conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from '../../../lib/reference/index.ts'
import { conv2d } from '../../cases/conv2d.ts'
import { conv3d } from '../../cases/conv3d.ts'

/** A shape of the suite's file from a 2-D problem string. */
function entryOf(text: string): ShapeEntry {
  const { n, g, ic, ih, iw, oc, kh, kw, sh, sw, ph, pw, dh, dw } = parseProblem('conv2d', text)
  const sizes = { input: [n, ic, ih, iw], weight: [oc, ic / g, kh, kw] }
  const steps = { stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw], groups: g }
  return { name: 'test', cls: 'test', op: 'conv2d', ...sizes, ...steps }
}

const named = (name: string): ConvShape => convShape(loadShapes().find((one) => one.name === name)!)

describe('convShape', () => {
  it('agrees with the problem strings of conv2d', () => {
    for (const text of Object.values(conv2d.layers)) {
      const shape = convShape(entryOf(text))
      expect(convProblemString(shape)).toBe(text)
      expect(convProblem(geometryOf(shape))).toEqual(parseProblem('conv2d', text))
    }
  })

  it('works out every shape of the file', () => {
    for (const entry of loadShapes()) expect(convShape(entry).outputShape.every((size) => size > 0)).toBe(true)
    expect(named('audio_1d').outputShape).toEqual([16, 64, 4096])
    expect(named('har_1d').outputShape).toEqual([64, 64, 64])
    expect(named('ct_3d').outputShape).toEqual([1, 32, 16, 16, 16])
    expect(named('up_2d').outputShape).toEqual([8, 64, 56, 56])
    expect(named('incep_1x7').outputShape).toEqual([8, 128, 17, 17])
  })

  it('names other dimensions by the same letters', () => {
    expect(convProblemString(named('audio_1d'))).toBe('n16ic64iw4096oc64kw9sw1pw4')
    expect(convProblemString(named('video_3d'))).toBe(conv3d.layers.video)
    expect(convProblemString(named('up_2d'))).toBe('n8ic128ih28iw28oc64kh4kw4sh2sw2ph1pw1')
  })
})

describe('convFlops', () => {
  it('counts as the cases do', () => {
    for (const text of [...Object.values(conv2d.layers), ...Object.values(conv2d.edges)]) {
      // An output size that does not follow from the padding has no place in the file.
      if (/o[hw]\d/.test(text)) continue
      const geometry = geometryOf(convShape(entryOf(text)))
      expect(convFlops(geometry), text).toBe(conv2d.flops(parseProblem('conv2d', text)))
    }
  })
})

describe('expectedValues', () => {
  const texts = ['n2ic3ih5iw4oc4kh3kw2sh2sw1ph1pw0', 'n2g2ic6ih6oc8kh3sh1ph2dh2', 'g5ic5ih7oc10kh3sh1ph1']

  it.each(texts)('are those of the reference for %s', (text) => {
    const shape = convShape(entryOf(text))
    const problem = parseProblem('conv2d', text)
    const sizes = CONV_PASSES.map((pass) => resultSize(shape, pass))
    const [input, weight, gradOutput] = [uniform(sizes[1], 1), uniform(sizes[2], 2), uniform(sizes[0], 4)]
    const [output, gradInput, gradWeight] = sizes.map((size) => new Float64Array(size))
    conv2dForward(problem, input, weight, null, output, null)
    conv2dBackwardInput(problem, gradOutput, weight, gradInput)
    conv2dBackwardWeight(problem, input, gradOutput, gradWeight, null)
    const wanted = { forward: output, backwardInput: gradInput, backwardWeight: gradWeight }
    for (const pass of CONV_PASSES) {
      const all = Array.from(wanted[pass], (_, i) => i)
      expectedValues(shape, pass, all).forEach((value, i) => {
        expect(value, `${pass} ${i}`).toBeCloseTo(wanted[pass][i], 9)
      })
    }
  })

  it('of a transposed convolution spread each input element over its window', () => {
    const entry = { ...entryOf('ic1ih2oc1kh2sh2ph0'), op: 'conv_transpose2d' }
    const shape = convShape(entry)
    expect(shape.outputShape).toEqual([1, 1, 4, 4])
    const [input, weight] = [uniform(4, 1), uniform(4, 2)]
    const wanted = [input[0] * weight[0], input[0] * weight[1], input[1] * weight[0], input[1] * weight[1]]
    expectedValues(shape, 'forward', [0, 1, 2, 3]).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i], 12)
    })
  })
})

describe('chooseShapes', () => {
  it('takes names, classes, problems and passes', () => {
    expect(chooseShapes('')).toHaveLength(38)
    expect(chooseShapes('rn18_s1').map(({ name }) => name)).toEqual(['rn18_s1'])
    expect(chooseShapes('depthwise').map(({ name }) => name)).toEqual(['dw_s1', 'dw_s2', 'dw_5x5'])
    expect(chooseShapes('n4ic256ih56oc256kh3sh1ph1').map(({ name }) => name)).toEqual(['vgg_3'])
    expect(chooseShapes('nothing')).toEqual([])
  })

  it('takes a problem that is in no file', () => {
    const [entry] = chooseShapes('n2ic5ih9iw11oc7kh3sh1ph1')
    expect(printProblem('conv2d', convProblem(geometryOf(convShape(entry))))).toBe('n2ic5ih9iw11oc7kh3sh1ph1')
  })
})

describe('convMeans', () => {
  it('are geometric, per pass and class, of the ratios that there are', () => {
    const base = { suite: 'conv', name: 'a', problem: '', isa: 'avx2', threads: 1, ms: 1, peers: {} }
    const row = (cls: string, pass: 'forward' | 'backwardInput', pytorch: number, onednn?: number) => ({
      cls,
      row: { ...base, pass, ratio: { pytorch, onednn } },
    })
    const rows = [row('dense', 'forward', 1, 3), row('dense', 'forward', 4), row('grouped', 'forward', 2)]
    const lines = convMeans([...rows, row('dense', 'backwardInput', 5)]).split('\n')
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 5).join(' '))).toEqual([
      'geometric means pass shapes over PyTorch over oneDNN',
      ...['dense forward 2 2.00x 3.00x', 'dense backwardInput 1 5.00x -', 'grouped forward 1 2.00x -'],
      ...['all forward 3 2.00x 3.00x', 'all backwardInput 1 5.00x -'],
    ])
  })
})
