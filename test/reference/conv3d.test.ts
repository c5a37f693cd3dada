import { describe, expect, it } from 'vitest'
import type { Conv2dProblem, Conv3dProblem } from '../../lib/reference/index.ts'
import * as reference from '../../lib/reference/index.ts'
import { uniform } from '../support/data.ts'
import { expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { toChannelsFirst, toChannelsLast } from '../support/layout.ts'

type Triple = [number, number, number]

function problemOf(golden: GoldenCase): Conv3dProblem {
  const [n, ic, id, ih, iw] = golden.inputs.x.shape
  const [oc, , kd, kh, kw] = golden.inputs.weight.shape
  const [, , od, oh, ow] = golden.outputs.y.shape
  const [sd, sh, sw] = golden.args.stride as Triple
  const [dd, dh, dw] = golden.args.dilation as Triple
  const same = [kd * dd - dd, kh * dh - dh, kw * dw - dw].map((size) => Math.floor(size / 2)) as Triple
  const [pd, ph, pw] = golden.args.padding === 'same' ? same : (golden.args.padding as Triple)
  const g = golden.args.groups as number
  return { n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw, relu: false }
}

const channelsLast = (golden: GoldenCase, name: string): Float32Array =>
  toChannelsLast(floats(golden.inputs[name])!, golden.inputs[name].shape)

describe('conv3d', () => {
  for (const golden of goldenCases('conv3d', ({ args }) => args.padding_mode === 'zeros')) {
    it(golden.name, () => {
      const problem = problemOf(golden)
      const [input, weight, bias] = [channelsLast(golden, 'x'), channelsLast(golden, 'weight'), golden.inputs.bias]
      const output = new Float32Array(golden.outputs.y.data.length)
      reference.conv3dForward(problem, input, weight, floats(bias), output)
      expectGolden(golden, 'y', toChannelsFirst(output, golden.outputs.y.shape))
      if (golden.inputs.dy === undefined) return

      const gradOutput = channelsLast(golden, 'dy')
      const [gradInput, gradWeight] = [new Float32Array(input.length), new Float32Array(weight.length)]
      const gradBias = bias === undefined ? null : new Float32Array(problem.oc)
      reference.conv3dBackwardInput(problem, gradOutput, weight, gradInput)
      expectGolden(golden, 'dx', toChannelsFirst(gradInput, golden.inputs.x.shape))
      reference.conv3dBackwardWeight(problem, input, gradOutput, gradWeight, gradBias)
      expectGolden(golden, 'dweight', toChannelsFirst(gradWeight, golden.inputs.weight.shape))
      if (gradBias !== null) expectGolden(golden, 'dbias', gradBias)
    })
  }

  it('of depth 1 is conv2d of each image', () => {
    const flat: Conv2dProblem = {
      ...{ n: 2, g: 2, ic: 4, ih: 5, iw: 6, oc: 6, oh: 3, ow: 6, kh: 3, kw: 2 },
      ...{ sh: 2, sw: 1, ph: 1, pw: 1, dh: 1, dw: 2, relu: false },
    }
    const deep: Conv3dProblem = { ...flat, id: 1, od: 1, kd: 1, sd: 1, pd: 0, dd: 1 }
    const [input, weight, bias] = [uniform(240, 1), uniform(72, 2), uniform(6, 3)]
    const outputs = [new Float64Array(216), new Float64Array(216)]
    reference.conv2dForward(flat, input, weight, bias, outputs[0], null)
    reference.conv3dForward(deep, input, weight, bias, outputs[1])
    expect(outputs[1]).toEqual(outputs[0])
  })
})
