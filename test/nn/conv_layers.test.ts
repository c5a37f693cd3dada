import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  manualSeed,
  memory,
  nn,
  noGrad,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const shapes = (module: nn.Module): Record<string, number[]> =>
  Object.fromEntries(Object.entries(module.stateDict()).map(([name, { shape }]) => [name, [...shape]]))
const largest = (input: Tensor): number => Math.max(...(input.toTypedArray() as Float32Array).map(Math.abs))

describe('convolution layers', () => {
  it("have PyTorch's state dicts", () => {
    expect(shapes(new nn.Conv1d(4, 6, 3, { groups: 2 }))).toEqual({ weight: [6, 2, 3], bias: [6] })
    expect(shapes(new nn.Conv2d(4, 6, [3, 1]))).toEqual({ weight: [6, 4, 3, 1], bias: [6] })
    expect(shapes(new nn.Conv3d(4, 6, 3, { bias: false }))).toEqual({ weight: [6, 4, 3, 3, 3] })
    expect(shapes(new nn.ConvTranspose1d(4, 6, 3, { groups: 2 }))).toEqual({ weight: [4, 3, 3], bias: [6] })
    expect(shapes(new nn.ConvTranspose2d(4, 6, [3, 1]))).toEqual({ weight: [4, 6, 3, 1], bias: [6] })
    expect(shapes(new nn.ConvTranspose3d(4, 6, 2, { bias: false }))).toEqual({ weight: [4, 6, 2, 2, 2] })
  })
  it("have PyTorch's printed form", () => {
    const texts: [nn.Module, string][] = [
      [new nn.Conv1d(4, 6, 3), 'Conv1d(4, 6, kernel_size=(3,), stride=(1,))'],
      [
        new nn.Conv3d(4, 6, 3, { padding: [0, 1, 1], paddingMode: 'circular', bias: false }),
        'Conv3d(4, 6, kernel_size=(3, 3, 3), stride=(1, 1, 1), padding=(0, 1, 1), bias=False, padding_mode=circular)',
      ],
      [new nn.ConvTranspose2d(4, 6, 3), 'ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(1, 1))'],
      [
        new nn.ConvTranspose1d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2 }),
        'ConvTranspose1d(4, 6, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), output_padding=(1,), groups=2)',
      ],
      [
        new nn.LazyConv2d(6, 3, { dilation: 2, bias: false }),
        'LazyConv2d(0, 6, kernel_size=(3, 3), stride=(1, 1), dilation=(2, 2), bias=False)',
      ],
    ]
    for (const [module, text] of texts) expect(String(module).replace("'", '')).toBe(text)
  })
  it('run the functions of their names', () => {
    const options = { stride: 2, padding: 1, dilation: 2, groups: 2 }
    const cases: [nn.ConvLayer, typeof F.conv1d, number[]][] = [
      [new nn.Conv1d(4, 6, 3, { ...options, paddingMode: 'reflect' }), F.conv1d, [2, 4, 9]],
      [new nn.Conv2d(4, 6, 3, { ...options, paddingMode: 'circular' }), F.conv2d, [2, 4, 9, 8]],
      [new nn.Conv3d(4, 6, 2, { ...options, paddingMode: 'replicate' }), F.conv3d, [1, 4, 5, 6, 7]],
    ]
    for (const [layer, fn, shape] of cases) {
      const input = randn(shape)
      expect(layer.forward(input).equal(fn(input, layer.weight, layer.bias, layer.options))).toBe(true)
      expect(layer.weight.isContiguous('channelsLast')).toBe(true)
    }
    const [signal, image, volume] = [randn([2, 4, 5]), randn([2, 4, 5, 6]), randn([1, 4, 3, 2, 3])]
    const transposed = { stride: 2, outputPadding: 1, groups: 2 }
    const one = new nn.ConvTranspose1d(4, 6, 3, transposed)
    expect(one.forward(signal).equal(F.convTranspose1d(signal, one.weight, one.bias, transposed))).toBe(true)
    const two = new nn.ConvTranspose2d(4, 6, 3, transposed)
    expect(two.forward(image).equal(F.convTranspose2d(image, two.weight, two.bias, transposed))).toBe(true)
    const three = new nn.ConvTranspose3d(4, 6, 3, transposed)
    expect(three.forward(volume).equal(F.convTranspose3d(volume, three.weight, three.bias, transposed))).toBe(true)
  })
  it("start evenly within PyTorch's bounds", () => {
    manualSeed(1)
    const cases: [nn.ConvLayer | nn.ConvTransposeLayer, number][] = [
      [new nn.Conv1d(16, 32, 9), 16 * 9],
      [new nn.Conv2d(16, 64, 3, { groups: 4 }), 4 * 9],
      [new nn.Conv3d(8, 16, 3), 8 * 27],
      // The fan in of a transposed weight [in, out / groups, ...] counts its second dimension, as PyTorch does.
      [new nn.ConvTranspose2d(32, 16, 3), 16 * 9],
    ]
    for (const [layer, fanIn] of cases) {
      const bound = 1 / Math.sqrt(fanIn)
      expect(largest(layer.weight)).toBeLessThanOrEqual(bound)
      expect(largest(layer.weight)).toBeGreaterThan(0.99 * bound)
      expect(largest(layer.bias!)).toBeLessThanOrEqual(bound)
      expect(largest(layer.bias!)).toBeGreaterThan(0.7 * bound)
    }
  })
  it('give a transposed convolution one of the sizes that its stride allows', () => {
    const layer = new nn.ConvTranspose2d(2, 3, 3, { stride: 2, padding: 1 })
    const input = randn([1, 2, 4, 4])
    expect(layer.forward(input).shape).toEqual([1, 3, 7, 7])
    expect(layer.forward(input, [8, 7]).shape).toEqual([1, 3, 8, 7])
    for (const size of [[9, 7], [6, 7], [8]]) {
      throws(
        () => layer.forward(input, size),
        ShapeError,
        `ConvTranspose2d: expected outputSize from [7, 7] to [8, 8], got [${size.join(', ')}]; input [1, 2, 4, 4]`,
      )
    }
  })
})

describe('separable convolutions', () => {
  it('run one layer after the other', () => {
    const depthwise = new nn.DepthwiseSeparableConv2d(4, 6, 3, {
      stride: 2,
      padding: 1,
      depthMultiplier: 2,
      bias: false,
    })
    expect(shapes(depthwise)).toEqual({ 'depthwise.weight': [8, 1, 3, 3], 'pointwise.weight': [6, 8, 1, 1] })
    expect(depthwise.forward(randn([2, 4, 9, 9])).shape).toEqual([2, 6, 5, 5])

    const options = { stride: [2, 1], padding: [2, 1], dilation: [1, 2], midChannels: 3, groups: 1 }
    const spatial = new nn.SpatiallySeparableConv2d(4, 6, [5, 3], options)
    expect(shapes(spatial)).toEqual({
      ...{ 'vertical.weight': [3, 4, 5, 1], 'vertical.bias': [3] },
      ...{ 'horizontal.weight': [6, 3, 1, 3], 'horizontal.bias': [6] },
    })
    expect(spatial.forward(randn([2, 4, 9, 9])).shape).toEqual([2, 6, 5, 7])
    const same = new nn.SpatiallySeparableConv2d(2, 5, 4, { padding: 'same', paddingMode: 'replicate' })
    expect(same.forward(randn([1, 2, 7, 8])).shape).toEqual([1, 5, 7, 8])
  })
  it('are one convolution whose window is an outer product', () => {
    const layer = new nn.SpatiallySeparableConv2d(1, 1, 3, { padding: 1, bias: false })
    const [column, row] = layer.children().map((child) => (child as nn.Conv2d).weight.detach())
    const window = column
      .reshape([3, 1])
      .mm(row.reshape([1, 3]))
      .reshape([1, 1, 3, 3])
    const input = randn([2, 1, 6, 7])
    expect(layer.forward(input).allclose(F.conv2d(input, window, null, { padding: 1 }), { atol: 1e-5 })).toBe(true)
  })
  it('reach all parameters with gradients', () => {
    const layers = [new nn.DepthwiseSeparableConv2d(2, 3, 3), new nn.SpatiallySeparableConv2d(2, 3, 3)]
    for (const layer of layers) {
      layer
        .forward(randn([1, 2, 5, 5]))
        .sum()
        .backward()
      for (const [name, { grad }] of layer.namedParameters()) expect(largest(grad!), name).toBeGreaterThan(0)
    }
  })
  it('refuse options out of range', () => {
    throws(
      () => new nn.DepthwiseSeparableConv2d(2, 3, 3, { groups: 2 } as object),
      RangeError,
      'DepthwiseSeparableConv2d: expected options stride, padding, dilation, paddingMode, bias, depthMultiplier, got "groups"',
    )
    throws(
      () => new nn.DepthwiseSeparableConv2d(2, 3, 3, { depthMultiplier: 0 }),
      RangeError,
      'DepthwiseSeparableConv2d: expected depthMultiplier to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.DepthwiseSeparableConv2d(0, 3, 3),
      RangeError,
      'DepthwiseSeparableConv2d: expected inChannels to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.SpatiallySeparableConv2d(2, 3, 3, { stride: 2, padding: 'same' }),
      RangeError,
      'SpatiallySeparableConv2d: expected stride 1 with padding "same", got 2x2',
    )
    throws(
      () => new nn.SpatiallySeparableConv2d(2, 3, [3, 0]),
      RangeError,
      'SpatiallySeparableConv2d: expected kernelSize[1] to be an integer of at least 1, got 0',
    )
  })
})

describe('LocallyConnected2d', () => {
  it('has a window for every place', () => {
    manualSeed(2)
    const layer = new nn.LocallyConnected2d(3, 8, [6, 7], 3, { stride: [1, 2], padding: 1 })
    expect(shapes(layer)).toEqual({ weight: [6, 4, 8, 3, 3, 3], bias: [8, 6, 4] })
    const input = randn([2, 3, 6, 7])
    const options = { stride: [1, 2], padding: 1 }
    expect(layer.forward(input).equal(F.locallyConnected2d(input, layer.weight, layer.bias, options))).toBe(true)
    expect(largest(layer.weight)).toBeLessThanOrEqual(1 / Math.sqrt(27))
    expect(largest(layer.weight)).toBeGreaterThan(0.99 / Math.sqrt(27))
    expect(String(layer)).toBe(
      'LocallyConnected2d(3, 8, input_size=(6, 7), kernel_size=(3, 3), stride=(1, 2), padding=(1, 1))',
    )
    expect(String(new nn.LocallyConnected2d(1, 1, 5, 2, { dilation: 2, bias: false }))).toBe(
      'LocallyConnected2d(1, 1, input_size=(5, 5), kernel_size=(2, 2), stride=(1, 1), dilation=(2, 2), bias=False)',
    )
  })
  it('refuses windows that do not fit', () => {
    throws(
      () => new nn.LocallyConnected2d(3, 8, 4, 3, { dilation: 2 }),
      RangeError,
      'LocallyConnected2d: expected a window that fits images of 4x4, got 3x3 with padding 0x0 and dilation 2x2',
    )
    throws(
      () => new nn.LocallyConnected2d(3, 8, 4, 3, { groups: 3 } as object),
      RangeError,
      'LocallyConnected2d: expected options stride, padding, dilation, bias, got "groups"',
    )
  })
})

describe('memory', () => {
  const layers: [string, nn.Module][] = [
    ['a border of reflections', new nn.Conv2d(3, 4, 3, { padding: 1, paddingMode: 'reflect' })],
    ['a transposed convolution', new nn.ConvTranspose2d(3, 4, 3, { stride: 2 })],
    ['a separable convolution', new nn.DepthwiseSeparableConv2d(3, 4, 3)],
    ['windows of their own', new nn.LocallyConnected2d(3, 4, 6, 3, { padding: 1 })],
  ]
  it.each(layers)('of %s is back when its input and output are', (_, layer) => {
    const step = (): void => {
      const input = randn([2, 3, 6, 6])
      noGrad(() => layer.forward(input).dispose())
      const output = layer.forward(input)
      const loss = output.sum()
      loss.backward()
      layer.zeroGrad()
      for (const each of [input, output, loss]) each.dispose()
    }
    step()
    const { storages } = memory()
    step()
    expect(memory().storages).toBe(storages)
  })
})

describe('errors', () => {
  it('name the layer', () => {
    throws(
      () => new nn.Conv3d(3, 4, [3, 3]),
      DTypeError,
      'Conv3d: expected kernelSize to be a number or [depth, height, width], got [3, 3]',
    )
    throws(
      () => new nn.Conv1d(4, 6, 3, { groups: 4 }),
      RangeError,
      'Conv1d: expected inChannels and outChannels divisible by groups 4, got 4 and 6',
    )
    throws(
      () => new nn.Conv2d(1, 1, 3, { paddingMode: 'wrap' as never }),
      RangeError,
      'Conv2d: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "wrap"',
    )
    throws(
      () => new nn.Conv2d(1, 1, 3, { padding: 'full' as never }),
      RangeError,
      'Conv2d: expected padding to be "same", "valid" or numbers, got "full"',
    )
    throws(
      () => new nn.ConvTranspose2d(4, 6, 3, { groups: 4 }),
      RangeError,
      'ConvTranspose2d: expected inChannels and outChannels divisible by groups 4, got 4 and 6',
    )
    throws(
      () => new nn.ConvTranspose2d(4, 6, 3, { outputPadding: 1 }),
      RangeError,
      'ConvTranspose2d: expected outputPadding smaller than stride 1x1 or dilation 1x1, got 1x1',
    )
    throws(
      () => new nn.ConvTranspose1d(4, 6, 3, { paddingMode: 'zeros' } as object),
      RangeError,
      'ConvTranspose1d: expected options stride, padding, outputPadding, dilation, groups, bias, got "paddingMode"',
    )
  })
  it('of a layer leave its input as it was', () => {
    const input = zeros([1, 2, 3, 3])
    expect(() => new nn.Conv2d(3, 4, 3).forward(input)).toThrow('got 2; input [1, 2, 3, 3], weight [4, 3, 3, 3]')
    expect(largest(input)).toBe(0)
  })
})
