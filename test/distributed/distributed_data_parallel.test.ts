import { describe, expect, it } from 'vitest'
import { DistributedDataParallel, nn, ones, randn } from '../../lib/index.ts'

describe('DistributedDataParallel on one rank', () => {
  it('computes as the model does', () => {
    const net = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2))
    const model = new DistributedDataParallel(net)
    const input = randn([4, 3])
    expect(model.forward(input).toArray()).toEqual(net.forward(input).toArray())
    model.noSync(() => model.forward(input).sum().backward())
    expect(net.at(0)!.ownParameters()[1][1].grad?.shape).toEqual([2])
    expect(Object.keys(model.stateDict())[0]).toBe('module.0.weight')
    model.checkParameters()
    model.syncBuffers()
    expect(model.eval().module.training).toBe(false)
  })

  it('refuses what cannot be trained', () => {
    expect(() => new DistributedDataParallel(new nn.ReLU())).toThrow(
      'DistributedDataParallel: expected a model with a parameter that requires a gradient',
    )
    expect(() => new DistributedDataParallel(new nn.Sequential(new nn.LazyLinear(2)))).toThrow(
      'DistributedDataParallel: expected parameters of known shape, got lazy 0.weight; run one forward pass first',
    )
    expect(() => new DistributedDataParallel(new nn.Linear(1, 1), { bucketCapMb: 0 })).toThrow(
      'DistributedDataParallel: expected bucketCapMb to be positive, got 0',
    )
    expect(() => new DistributedDataParallel(new nn.Linear(1, 1), { deviceIds: [0] } as never)).toThrow(
      'got "deviceIds"',
    )
  })
})

describe('registerPostAccumulateGradHook', () => {
  it('runs behind every accumulation, until it is taken away', () => {
    const weight = ones([2]).requiresGrad_()
    const seen: unknown[] = []
    const handle = weight.registerPostAccumulateGradHook((leaf) => {
      seen.push(leaf.grad?.toArray())
    })
    weight.mul(3).add(weight).sum().backward()
    weight.sum().backward()
    handle.remove()
    weight.sum().backward()
    expect(seen).toEqual([
      [4, 4],
      [5, 5],
    ])
  })

  it('refuses what is no leaf', () => {
    expect(() =>
      ones([1])
        .requiresGrad_()
        .mul(2)
        .registerPostAccumulateGradHook(() => {}),
    ).toThrow('registerPostAccumulateGradHook: expected a leaf, got a tensor that mul made; use registerHook')
    expect(() => ones([1]).registerPostAccumulateGradHook(() => {})).toThrow(
      'registerPostAccumulateGradHook: expected a tensor that requires gradients; tensor [1]',
    )
  })
})
