import { describe, expect, it } from 'vitest'
import { manualSeed, nn, optim, RangeError, randn, ShapeError, StateError, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

describe('lazy convolutions', () => {
  it.each([
    [1, new nn.LazyConv1d(6, 3, { groups: 2 }), [2, 4, 5], [6, 2, 3]],
    [2, new nn.LazyConv2d(6, [3, 1], { padding: 1 }), [2, 4, 5, 5], [6, 4, 3, 1]],
    [3, new nn.LazyConv3d(6, 2, { bias: false }), [2, 4, 5, 5, 5], [6, 4, 2, 2, 2]],
  ] as [number, nn.ConvLayer, number[], number[]][])(
    'of %i dimensions take their channels from the first input',
    (_, layer, input, weight) => {
      expect([layer.inChannels, layer.weight.isLazy]).toEqual([0, true])
      const output = layer.forward(zeros(input))
      expect([layer.inChannels, layer.weight.isLazy, output.shape[1]]).toEqual([4, false, 6])
      expect(layer.weight.shape).toEqual(weight)
      expect(layer.weight.isContiguous('channelsLast')).toBe(true)
    },
  )
  it('start as the layer that knows its channels does', () => {
    const lazy = new nn.LazyConv2d(6, 3, { padding: 1 })
    manualSeed(7)
    const input = zeros([1, 5, 4, 4])
    lazy.forward(input)
    manualSeed(7)
    const known = new nn.Conv2d(5, 6, 3, { padding: 1 })
    expect(lazy.weight.equal(known.weight) && lazy.bias!.equal(known.bias!)).toBe(true)
    const image = randn([1, 5, 4, 4])
    expect(lazy.forward(image).equal(known.forward(image))).toBe(true)
  })
  it('take a single image', () => {
    const layer = new nn.LazyConv2d(6, 3)
    expect(layer.forward(zeros([3, 4, 4])).shape).toEqual([6, 2, 2])
    expect(layer.inChannels).toBe(3)
  })
  it('keep their channels from then on', () => {
    const layer = new nn.LazyConv1d(2, 3)
    layer.forward(zeros([1, 3, 5]))
    throws(
      () => layer.forward(zeros([1, 4, 5])),
      ShapeError,
      'conv1d: expected input channels to equal weight.shape[1] * groups (3 * 1 = 3), got 4; ' +
        'input [1, 4, 5], weight [2, 3, 3]',
    )
  })
  it('are trained by an optimizer that is made behind the first pass', () => {
    const model = new nn.Sequential(new nn.LazyConv2d(2, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(8, 1))
    const input = randn([2, 3, 4, 4])
    model.forward(input)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const [parameter] = model.parameters()
    const before = parameter.detach().clone()
    model.forward(input).square().sum().backward()
    optimizer.step()
    expect(parameter.shape).toEqual([2, 3, 3, 3])
    expect(parameter.equal(before)).toBe(false)
  })
  it('are refused by an optimizer that is made before it', () => {
    const model = new nn.Sequential(new nn.LazyConv2d(8, 3))
    throws(
      () => new optim.SGD(model.parameters(), { lr: 0.1 }),
      StateError,
      'SGD: expected parameters of known shape, got a lazy one [8, 0, 3, 3]; run one forward pass first to infer it',
    )
    throws(
      () => new optim.Adam(optim.decayGroups(model, { weightDecay: 0.1 })),
      StateError,
      'Adam: expected parameters of known shape, got a lazy one [8, 0, 3, 3]; run one forward pass first to infer it',
    )
  })
  it('read their channels from a state dict as well', () => {
    const known = new nn.Conv2d(4, 6, 3, { groups: 2 })
    const lazy = new nn.LazyConv2d(6, 3, { groups: 2 })
    lazy.loadStateDict(known.stateDict())
    const image = randn([1, 4, 5, 5])
    expect([lazy.inChannels, lazy.forward(image).equal(known.forward(image))]).toEqual([4, true])
  })
  it('have no state dict before', () => {
    throws(
      () => new nn.LazyConv1d(2, 3).stateDict(),
      StateError,
      'stateDict: weight is not materialised yet; run one forward pass first to infer its shape',
    )
  })
  it('refuse inputs that say nothing about channels', () => {
    throws(
      () => new nn.LazyConv2d(6, 3).forward(zeros([4, 4])),
      ShapeError,
      'LazyConv2d: expected input of 3 or 4 dimensions with channels to infer; input [4, 4]',
    )
    throws(
      () => new nn.LazyConv3d(6, 3).forward(zeros([1, 0, 4, 4, 4])),
      ShapeError,
      'LazyConv3d: expected input of 4 or 5 dimensions with channels to infer; input [1, 0, 4, 4, 4]',
    )
    throws(
      () => new nn.LazyConv1d(6, 3, { groups: 2 }).forward(zeros([1, 3, 4])),
      ShapeError,
      'LazyConv1d: expected input channels divisible by groups 2, got 3; input [1, 3, 4]',
    )
    throws(
      () => new nn.LazyConv2d(6, 3, { groups: 4 }),
      RangeError,
      'LazyConv2d: expected outChannels divisible by groups 4, got 6',
    )
  })
})
