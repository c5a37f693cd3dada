import { describe, expect, it } from 'vitest'
import { FormatError, memory, nn, noGrad, ones, optim, RangeError, randn, StateError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const linear = (weight: number, bias = 0) => {
  const layer = new nn.Linear(1, 1)
  layer.loadStateDict({ weight: tensor([[weight]]), bias: tensor([bias]) })
  return layer
}
const set = (layer: nn.Linear, weight: number) => noGrad(() => layer.weight.fill_(weight))
const weightOf = (layer: nn.Linear) => layer.weight.item()

describe('ExponentialMovingAverage', () => {
  it('starts from the weights and follows them', () => {
    const layer = linear(1, 2)
    const average = new optim.ExponentialMovingAverage(layer, { decay: 0.75 })
    set(layer, 5)
    average.update()
    average.update()
    // 1 + 4 · (1 − 0.75²)
    const { updates, averages } = average.stateDict()
    expect([updates, averages.weight.item(), averages.bias.item()]).toEqual([2, 2.75, 2])
    expect(weightOf(layer)).toBe(5)
  })
  it('puts the averages into the model while a function runs, also when it throws', () => {
    const layer = linear(1)
    const average = optim.ema(layer, { decay: 0.5 })
    set(layer, 3)
    average.update()
    const { weight } = layer
    expect(average.withAverages(() => layer.forward(ones([1, 1])).item())).toBe(2)
    expect([weightOf(layer), layer.weight === weight, layer.weight.requiresGrad]).toEqual([3, true, true])
    expect(() =>
      average.withAverages(() => {
        throw new Error(`stopped at ${weightOf(layer)}`)
      }),
    ).toThrow('stopped at 2')
    expect(weightOf(layer)).toBe(3)
  })
  it('waits for an asynchronous function, also when that fails', async () => {
    const layer = linear(1)
    const average = optim.ema(layer, { decay: 0.5 })
    set(layer, 3)
    average.update()
    const running = average.withAverages(async () => {
      await Promise.resolve()
      return weightOf(layer)
    })
    expect(weightOf(layer)).toBe(2)
    throws(
      () => average.update(),
      StateError,
      'ExponentialMovingAverage.update: the averages are in the model; wait until withAverages ends',
    )
    throws(
      () => average.withAverages(() => 1),
      StateError,
      'ExponentialMovingAverage.withAverages: the averages are in the model; wait until withAverages ends',
    )
    expect([await running, weightOf(layer)]).toEqual([2, 3])
    await expect(average.withAverages(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(weightOf(layer)).toBe(3)
  })
  it('makes the averages the weights for good on demand', () => {
    const layer = linear(1)
    const average = optim.ema(layer, { decay: 0.5 })
    set(layer, 3)
    average.update()
    average.copyToModel()
    expect(weightOf(layer)).toBe(2)
  })
  it('averages buffers only when asked', () => {
    const norm = new nn.BatchNorm1d(1)
    const averaged = new optim.ExponentialMovingAverage(norm, { decay: 0.5, buffers: true })
    const plain = new optim.ExponentialMovingAverage(norm, { decay: 0.5 })
    norm.forward(tensor([[0], [20]]))
    averaged.update()
    plain.update()
    expect(Object.keys(plain.stateDict().averages)).toEqual(['weight', 'bias'])
    expect(Object.keys(averaged.stateDict().averages)).toEqual(['weight', 'bias', 'running_mean', 'running_var'])
    const mean = () => norm.runningMean?.item()
    expect([averaged.withAverages(mean), plain.withAverages(mean), mean()]).toEqual([0.5, 1, 1])
  })
  it('starts with a low decay on demand', () => {
    const layer = linear(0)
    const average = new optim.ExponentialMovingAverage(layer, { decay: 0.9, warmup: true })
    set(layer, 11)
    average.update()
    // (1 + 1) / (10 + 1)
    expect(average.stateDict().averages.weight.item()).toBeCloseTo(9, 5)
  })
  it('goes on from a state dict to the last bit', () => {
    const model = () => new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.Flatten(), new nn.Linear(16, 2))
    const [a, b] = [model(), model()]
    const first = optim.ema(a, { decay: 0.9 })
    const shake = (target: nn.Module, by: number) =>
      noGrad(() => {
        for (const parameter of target.parameters()) parameter.mul_(by)
      })
    shake(a, 1.1)
    first.update()
    b.loadStateDict(a.stateDict())
    const second = optim.ema(b, { decay: 0.9 })
    second.loadStateDict(first.stateDict())
    for (const [target, average] of [
      [a, first],
      [b, second],
    ] as const) {
      shake(target, 0.7)
      average.update()
    }
    expect(second.updates).toBe(2)
    for (const [name, value] of Object.entries(first.stateDict().averages)) {
      expect(value.equal(second.stateDict().averages[name])).toBe(true)
    }
  })
  it('gives its copies back', () => {
    const layer = new nn.Linear(4, 4)
    const average = optim.ema(layer)
    const { storages } = memory()
    average.update()
    average.withAverages(() => 0)
    expect(memory().storages).toBe(storages)
  })
  it('refuses what it cannot average', () => {
    const layer = new nn.Linear(1, 2)
    throws(
      () => optim.ema(layer, { decay: 2 }),
      RangeError,
      'ExponentialMovingAverage: expected decay to lie between 0 and 1, got 2',
    )
    throws(
      () => optim.ema(layer, { momentum: 1 } as never),
      RangeError,
      'ExponentialMovingAverage: expected options decay, buffers, warmup, got "momentum"',
    )
    throws(
      () => optim.ema(new nn.Sequential(new nn.LazyLinear(2))),
      StateError,
      'ExponentialMovingAverage: 0.weight has no shape yet; run one forward pass first to infer it',
    )
    throws(
      () => optim.ema(layer).loadStateDict({ updates: 1, averages: { weight: randn([3, 1]), gain: ones([1]) } }),
      FormatError,
      'ExponentialMovingAverage.loadStateDict: nothing is loaded\n  missing: bias\n  unexpected: gain\n' +
        '  weight: expected shape [2, 1], got [3, 1]',
    )
  })
})
