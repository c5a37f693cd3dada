import { describe, expect, it } from 'vitest'
import { memory, nn, noGrad, optim, randn, ShapeError, StateError, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const layers = (): [nn.Module & { numFeatures: number }, nn.Module, number[]][] => [
  [new nn.LazyBatchNorm1d(), new nn.BatchNorm1d(4), [3, 4]],
  [new nn.LazyBatchNorm2d(), new nn.BatchNorm2d(4), [3, 4, 2, 2]],
  [new nn.LazyBatchNorm3d(), new nn.BatchNorm3d(4), [3, 4, 2, 2, 2]],
  [new nn.LazyInstanceNorm1d({ affine: true }), new nn.InstanceNorm1d(4, { affine: true }), [3, 4, 5]],
  [
    new nn.LazyInstanceNorm2d({ trackRunningStats: true }),
    new nn.InstanceNorm2d(4, { trackRunningStats: true }),
    [3, 4, 2, 2],
  ],
  [new nn.LazyInstanceNorm3d(), new nn.InstanceNorm3d(4), [3, 4, 2, 2, 2]],
]

describe('lazy normalization', () => {
  it('takes its channels from the first input and starts as the layer that knows them', () => {
    for (const [lazy, known, shape] of layers()) {
      expect(lazy.numFeatures).toBe(0)
      const input = randn(shape)
      expect(lazy.forward(input).equal(known.forward(input)), String(lazy)).toBe(true)
      const state = known.stateDict()
      for (const [name, value] of Object.entries(lazy.stateDict())) expect(value.equal(state[name]), name).toBe(true)
      expect(Object.keys(lazy.stateDict())).toEqual(Object.keys(state))
      if (Object.keys(state).length > 0) expect(lazy.numFeatures).toBe(4)
    }
  })
  it('takes the channels of a single image', () => {
    const layer = new nn.LazyInstanceNorm2d({ affine: true })
    layer.forward(randn([3, 4, 5]))
    expect(layer.numFeatures).toBe(3)
  })
  it('takes a state dict in place of an input', () => {
    for (const [lazy, known] of layers()) {
      for (const value of Object.values(known.stateDict()))
        if (value.dtype === 'float32') value.copy_(randn(value.shape))
      lazy.loadStateDict(known.stateDict())
      const state = known.stateDict()
      for (const [name, value] of Object.entries(lazy.stateDict())) expect(value.equal(state[name]), name).toBe(true)
    }
  })
  it('keeps what a partial state dict gave and makes the rest', () => {
    const layer = new nn.LazyBatchNorm1d()
    layer.loadStateDict({ weight: randn([4]) }, { strict: false })
    const weight = layer.weight!.detach().clone()
    layer.eval().forward(randn([3, 4]))
    expect(layer.weight!.equal(weight)).toBe(true)
    expect(layer.runningVar!.toArray()).toEqual([1, 1, 1, 1])
  })
  it('is trained by an optimizer that knew it before', () => {
    const layer = new nn.LazyBatchNorm1d()
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 })
    layer
      .forward(randn([5, 3]))
      .square()
      .sum()
      .backward()
    optimizer.step()
    expect(layer.weight!.equal(zeros([3]).add(1))).toBe(false)
  })
  it('counts its memory once', () => {
    const before = memory().storages
    const layer = new nn.LazyBatchNorm2d()
    const input = zeros([2, 3, 2, 2])
    noGrad(() => layer.forward(input)).dispose()
    input.dispose()
    // Weight, bias, mean, variance and the number of batches.
    expect(memory().storages).toBe(before + 5)
  })
})

describe('errors', () => {
  it('name a state that is not there yet', () => {
    const message = ' is not materialised yet; run one forward pass first to infer its shape'
    throws(() => new nn.LazyBatchNorm1d().stateDict(), StateError, `stateDict: weight${message}`)
    const bare = new nn.LazyBatchNorm1d({ affine: false })
    throws(() => bare.stateDict(), StateError, `stateDict: running_mean${message}`)
  })
  it('name an input without channels, and the layer', () => {
    throws(
      () => new nn.LazyBatchNorm1d().forward(zeros([2, 0])),
      ShapeError,
      'LazyBatchNorm1d: expected input with channels to infer; input [2, 0]',
    )
    throws(
      () => new nn.LazyBatchNorm2d().forward(zeros([2, 3])),
      ShapeError,
      'LazyBatchNorm2d: expected input [N, C, H, W], got 2 dimensions; input [2, 3]',
    )
  })
})
