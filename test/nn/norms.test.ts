import { describe, expect, it } from 'vitest'
import {
  functional as F,
  nn,
  ones,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

/** Fills the parameters of a layer with random numbers and returns it. */
function shaken<M extends nn.Module>(layer: M): M {
  for (const parameter of layer.parameters()) parameter.detach().copy_(randn(parameter.shape))
  return layer
}

const affineOf = ({ weight, bias }: { weight: Tensor | null; bias: Tensor | null }) => ({ weight, bias })

describe('layers that normalize', () => {
  const image = randn([2, 6, 4, 5]).contiguous({ memoryFormat: 'channelsLast' })
  it('compute their functions with their parameters', () => {
    const group = shaken(new nn.GroupNorm(3, 6, { eps: 1e-3 }))
    expect(group.forward(image).equal(F.groupNorm(image, 3, { ...affineOf(group), eps: 1e-3 }))).toBe(true)
    const layer = shaken(new nn.LayerNorm([6, 4, 5]))
    expect(layer.forward(image).equal(F.layerNorm(image, [6, 4, 5], affineOf(layer)))).toBe(true)
    const rms = shaken(new nn.RMSNorm(5, { eps: 1e-3 }))
    expect(rms.forward(image).equal(F.rmsNorm(image, 5, { weight: rms.weight, eps: 1e-3 }))).toBe(true)
    const response = new nn.LocalResponseNorm(3, { alpha: 1, beta: 0.5, k: 2 })
    expect(response.forward(image).equal(F.localResponseNorm(image, 3, { alpha: 1, beta: 0.5, k: 2 }))).toBe(true)
    const instance = shaken(new nn.InstanceNorm2d(6, { affine: true, eps: 1e-3 }))
    expect(instance.forward(image).equal(F.instanceNorm(image, { ...affineOf(instance), eps: 1e-3 }))).toBe(true)
  })
  it('start as the identity map', () => {
    const identity = [new nn.GroupNorm(3, 6), new nn.LayerNorm(5), new nn.InstanceNorm2d(6, { affine: true })]
    for (const layer of identity) {
      expect(layer.weight?.equal(ones(layer.weight.shape))).toBe(true)
      expect(layer.bias?.equal(zeros(layer.bias.shape))).toBe(true)
    }
    expect(new nn.RMSNorm(5).weight?.toArray()).toEqual([1, 1, 1, 1, 1])
  })
  it('keep the parameters of whole images channels-last, as those lie', () => {
    const { weight, bias } = new nn.LayerNorm([6, 4, 5])
    expect([weight?.strides, bias?.strides]).toEqual([
      [1, 30, 6],
      [1, 30, 6],
    ])
    expect(new nn.LayerNorm([4, 5]).weight?.isContiguous()).toBe(true)
  })
  it('leave out what they are told to', () => {
    const bare = new nn.LayerNorm(5, { elementwiseAffine: false })
    expect([bare.weight, bare.bias, new nn.LayerNorm(5, { bias: false }).bias]).toEqual([null, null, null])
    expect([...new nn.GroupNorm(3, 6, { affine: false }).parameters()]).toEqual([])
    expect([...new nn.RMSNorm(3, { elementwiseAffine: false }).parameters()]).toEqual([])
    expect(new nn.InstanceNorm1d(3).stateDict()).toEqual({})
  })
  it('have the state of PyTorch', () => {
    expect(Object.keys(new nn.InstanceNorm2d(3, { affine: true, trackRunningStats: true }).stateDict())).toEqual([
      ...['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'],
    ])
    expect(Object.keys(new nn.LayerNorm(3).stateDict())).toEqual(['weight', 'bias'])
    expect(Object.keys(new nn.BatchRenorm2d(3).stateDict())).toEqual(Object.keys(new nn.BatchNorm2d(3).stateDict()))
  })
  it.each([
    [new nn.GroupNorm(2, 4), 'GroupNorm(2, 4, eps=1e-05, affine=True)'],
    [new nn.LayerNorm([3, 4]), 'LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)'],
    [new nn.RMSNorm(7), 'RMSNorm((7,), eps=None, elementwise_affine=True)'],
    [new nn.LocalResponseNorm(5), 'LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=1)'],
    [new nn.InstanceNorm1d(3), 'InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)'],
    [new nn.LazyBatchNorm2d(), 'LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)'],
    [new nn.BatchRenorm2d(3), 'BatchRenorm2d(3, eps=1e-05, momentum=0.01, affine=True)'],
  ] as [nn.Module, string][])('are printed as in PyTorch: %s', (layer, text) => {
    expect(String(layer)).toBe(text)
  })
})

describe('InstanceNorm', () => {
  it('takes 1 to 3 spatial dimensions, with a batch or without', () => {
    for (const [layer, shape] of [
      [new nn.InstanceNorm1d(3), [3, 5]],
      [new nn.InstanceNorm2d(3), [3, 5, 2]],
      [new nn.InstanceNorm3d(3), [3, 2, 2, 2]],
    ] as [nn.InstanceNorm1d, number[]][]) {
      const input = randn(shape)
      const batch = layer.forward(input.unsqueeze(0))
      expect(layer.forward(input).equal(batch.squeeze(0))).toBe(true)
    }
  })
  it('moves running statistics in training, and uses them in evaluation', () => {
    const layer = new nn.InstanceNorm1d(1, { trackRunningStats: true, momentum: 1 })
    layer.forward(tensor([[[0, 2]], [[4, 6]]]))
    expect([layer.runningMean?.item(), layer.numBatchesTracked?.item()]).toEqual([3, 0n])
    const runningVar = Number(layer.runningVar?.item())
    expect(runningVar).toBeCloseTo(2, 4)
    const output = layer.eval().forward(tensor([[[5]]]))
    expect(output.item()).toBeCloseTo(2 / Math.sqrt(runningVar), 4)
  })
  it('leaves the running statistics without a momentum', () => {
    const layer = new nn.InstanceNorm1d(1, { trackRunningStats: true, momentum: null })
    layer.forward(tensor([[[0, 2]]]))
    expect([layer.runningMean?.item(), layer.runningVar?.item()]).toEqual([0, 1])
  })
  it('uses the images in evaluation too when it tracks nothing', () => {
    const layer = new nn.InstanceNorm2d(2).eval()
    const image = randn([2, 2, 3, 3])
    expect(layer.forward(image).equal(F.instanceNorm(image))).toBe(true)
  })
})

describe('hard cases of batch norm', () => {
  it('gives the bias for a constant channel, forward and backward', () => {
    const layer = new nn.BatchNorm2d(2)
    layer.bias!.detach().copy_(tensor([0.25, -4]))
    const input = tensor([0.1, 3e7])
      .reshape([1, 2, 1, 1])
      .add(zeros([3, 2, 2, 2]))
      .detach()
      .requiresGrad_()
    const output = layer.forward(input)
    expect([output.min().item(), output.max().item()]).toEqual([-4, 0.25])
    output.square().sum().backward()
    expect(input.grad!.abs().max().item()).toBeLessThan(1)
    expect(layer.runningVar!.toArray()).toEqual([expect.closeTo(0.9, 6), expect.closeTo(0.9, 6)])
  })
  it('normalises two values a channel to -1 and 1, with a gradient of almost 0', () => {
    const input = tensor([3, 5]).reshape([2, 1, 1, 1]).requiresGrad_()
    const output = new nn.BatchNorm2d(1).forward(input)
    expect([...output.toTypedArray()].map(Number)).toEqual([expect.closeTo(-1, 4), expect.closeTo(1, 4)])
    output.square().sum().backward()
    expect(Number(input.grad!.abs().max().item())).toBeLessThan(1e-4)
  })
  it('takes any batch in evaluation', () => {
    const layer = new nn.BatchNorm1d(3).eval()
    expect(layer.forward(zeros([1, 3])).shape).toEqual([1, 3])
    expect(layer.forward(zeros([0, 3])).shape).toEqual([0, 3])
  })
  it('averages all batches alike without a momentum', () => {
    const layer = new nn.BatchNorm1d(1, { momentum: null })
    for (const [a, b] of [
      [0, 2],
      [4, 8],
      [1, 1],
    ]) {
      layer.forward(tensor([[a], [b]]))
    }
    expect(layer.runningMean!.item()).toBeCloseTo((1 + 6 + 1) / 3, 5)
    expect(layer.runningVar!.item()).toBeCloseTo((2 + 8 + 0) / 3, 5)
  })
})

describe('errors', () => {
  it('name groups and sizes', () => {
    throws(() => new nn.GroupNorm(4, 6), RangeError, 'GroupNorm: expected numChannels divisible by numGroups 4, got 6')
    throws(
      () => new nn.GroupNorm(0, 6),
      RangeError,
      'GroupNorm: expected numGroups to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.LayerNorm([3, 0]),
      RangeError,
      'LayerNorm: expected normalizedShape[1] to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.RMSNorm(-1),
      RangeError,
      'RMSNorm: expected normalizedShape to be an integer of at least 1, got -1',
    )
    throws(
      () => new nn.LocalResponseNorm(0),
      RangeError,
      'LocalResponseNorm: expected size to be an integer of at least 1, got 0',
    )
  })
  it('name options', () => {
    const bad = { epsilon: 1 } as never
    throws(() => new nn.GroupNorm(1, 2, bad), RangeError, 'GroupNorm: expected options eps, affine, got "epsilon"')
    throws(
      () => new nn.LayerNorm(2, bad),
      RangeError,
      'LayerNorm: expected options eps, elementwiseAffine, bias, got "epsilon"',
    )
    throws(() => new nn.RMSNorm(2, bad), RangeError, 'RMSNorm: expected options eps, elementwiseAffine, got "epsilon"')
    throws(
      () => new nn.LocalResponseNorm(2, bad),
      RangeError,
      'LocalResponseNorm: expected options alpha, beta, k, got "epsilon"',
    )
    throws(
      () => new nn.InstanceNorm2d(2, bad),
      RangeError,
      'InstanceNorm2d: expected options eps, momentum, affine, trackRunningStats, got "epsilon"',
    )
  })
  it('name dimensions', () => {
    throws(
      () => new nn.InstanceNorm2d(2).forward(zeros([2, 2])),
      ShapeError,
      'InstanceNorm2d: expected input [N, C, H, W] or [C, H, W], got 2 dimensions; input [2, 2]',
    )
    throws(
      () => new nn.GroupNorm(1, 2).forward(zeros([2, 3])),
      ShapeError,
      'groupNorm: expected weight of shape [3], got [2]; input [2, 3]',
    )
  })
})
