import { describe, expect, it } from 'vitest'
import { nn } from '../../lib/index.ts'
import { conv2d } from '../cases/conv2d.ts'
import { goldenCases, integers } from '../support/golden.ts'

interface Layer {
  in_channels: number
  out_channels: number
  kernel_size: [number, number]
  padding: [number, number]
  groups: number
  bias: boolean
}

/** Multiply-adds of a layer over a whole image, those with padding included. */
function macs(layer: Layer, [ih, iw]: [number, number]): number {
  const { in_channels: ic, out_channels: oc, kernel_size: [kh, kw], padding: [ph, pw], groups: g } = layer
  const [oh, ow] = [ih + 2 * ph - kh + 1, iw + 2 * pw - kw + 1]
  // The formula of the cases leaves products with padding out; an image that is all inside has none.
  const problem = { n: 1, g, ic, ih: oh + kh - 1, iw: ow + kw - 1, oc, oh, ow, kh, kw, sh: 1, sw: 1, ph: 0, pw: 0 }
  return conv2d.flops({ ...problem, dh: 1, dw: 1, relu: false }) / 2
}

describe('conv_cost', () => {
  for (const { name, args, outputs } of goldenCases('conv_cost')) {
    it(name, () => {
      const layers = args.layers as Layer[]
      const model = new nn.Sequential(
        ...layers.map(
          ({ in_channels, out_channels, kernel_size, padding, groups, bias }) =>
            new nn.Conv2d(in_channels, out_channels, kernel_size, { padding, groups, bias }),
        ),
      )
      const parameters = [...model.parameters()].reduce((sum, { size }) => sum + size, 0)
      expect(parameters).toBe(integers(outputs.params)[0])
      const total = layers.reduce((sum, layer) => sum + macs(layer, args.input_size as [number, number]), 0)
      expect(total).toBe(integers(outputs.macs)[0])
    })
  }

  it('of DepthwiseSeparableConv2d is that of the two layers', () => {
    const [golden] = goldenCases('conv_cost', ({ name }) => name === 'worked_cost_separable')
    const module = new nn.DepthwiseSeparableConv2d(128, 256, 3, { padding: 1, bias: false })
    const parameters = [...module.parameters()].reduce((sum, { size }) => sum + size, 0)
    expect(parameters).toBe(integers(golden.outputs.params)[0])
  })
})
