import { describe, expect, it } from 'vitest'
import { functional as F, manualSeed, nn, optim, RangeError, randn, type Tensor, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

/** A layer norm over more than one dimension, as PyTorch's: its weight has as many. */
class PlaneNorm extends nn.Module {
  readonly normalizedShape = [2, 2]
  weight = new nn.Parameter(
    tensor([
      [1, 1],
      [1, 1],
    ]),
  )
  bias = new nn.Parameter(
    tensor([
      [0, 0],
      [0, 0],
    ]),
  )
  override forward(input: Tensor): Tensor {
    return input.mul(this.weight).add(this.bias)
  }
}

const namesOf = (model: nn.Module, params: Iterable<Tensor>) => {
  const names = new Map([...model.namedParameters()].map(([name, parameter]) => [parameter as Tensor, name]))
  return Array.from(params, (param) => names.get(param))
}

describe('decayGroups', () => {
  it('decays the weights of convolutions and linear layers, and neither biases nor norms', () => {
    const model = new nn.Sequential({
      conv: new nn.Conv2d(1, 2, 3),
      norm: new nn.BatchNorm2d(2),
      planes: new PlaneNorm(),
      local: new nn.LocallyConnected2d(2, 2, 4, 3),
      head: new nn.LazyLinear(3),
    })
    const [decayed, kept] = optim.decayGroups(model, { weightDecay: 0.1 })
    expect([namesOf(model, decayed.params), decayed.weightDecay]).toEqual([
      ['conv.weight', 'local.weight', 'head.weight'],
      0.1,
    ])
    expect([namesOf(model, kept.params), kept.weightDecay]).toEqual([
      ['conv.bias', 'norm.weight', 'norm.bias', 'planes.weight', 'planes.bias', 'local.bias', 'head.bias'],
      0,
    ])
  })
  it('leaves a group out that is empty and takes shared parameters once', () => {
    const layer = new nn.Linear(2, 2, { bias: false })
    expect(optim.decayGroups(new nn.Sequential(layer, layer), { weightDecay: 0.1 })).toEqual([
      { params: [layer.weight], weightDecay: 0.1 },
    ])
  })
  it('refuses a negative decay', () => {
    throws(
      () => optim.decayGroups(new nn.Linear(1, 1), { weightDecay: -1 }),
      RangeError,
      'decayGroups: expected weightDecay to be a finite number of at least 0, got -1',
    )
  })
  it('trains a lazy layer that an optimizer took before its first input', () => {
    const model = new nn.Sequential(new nn.Flatten(), new nn.LazyLinear(1))
    const optimizer = new optim.SGD(optim.decayGroups(model, { weightDecay: 0.1 }), { lr: 1, momentum: 0.9 })
    model
      .forward(tensor([[[1, 2]]]))
      .sum()
      .backward()
    const before = [...model.parameters()].map((parameter) => parameter.toTypedArray()[0] as number)
    optimizer.step()
    const after = [...model.parameters()].map((parameter) => parameter.toTypedArray()[0] as number)
    expect(after).toEqual([expect.closeTo(before[0] * 0.9 - 1, 5), expect.closeTo(before[1] - 1, 5)])
  })
})

describe('l2Penalty', () => {
  it('is half of lambda times the squares of what decays', () => {
    const layer = new nn.Linear(2, 1)
    layer.loadStateDict({ weight: tensor([[3, 4]]), bias: tensor([7]) })
    const penalty = optim.l2Penalty(layer, 0.1)
    expect([penalty.shape, penalty.item()]).toEqual([[], expect.closeTo(1.25, 6)])
    penalty.backward()
    expect(layer.weight.grad?.toArray()).toEqual([[expect.closeTo(0.3, 6), expect.closeTo(0.4, 6)]])
    expect(layer.bias?.grad).toBeNull()
  })
  it('is 0 where nothing decays', () => {
    expect(optim.l2Penalty(new nn.BatchNorm2d(3), 1).item()).toBe(0)
  })
  it('refuses a negative lambda', () => {
    throws(
      () => optim.l2Penalty(new nn.Linear(1, 1), -1),
      RangeError,
      'l2Penalty: expected lambda to be a finite number of at least 0, got -1',
    )
  })
})

const DECAY = 0.1
type Form = 'coupled' | 'decoupled' | 'penalty'
type Make = (groups: optim.DecayGroup[], decoupled: boolean) => optim.Optimizer

/** The weights after some steps with one form of weight decay. */
function train(make: Make, form: Form): Float32Array {
  manualSeed(3)
  const model = new nn.Sequential(new nn.Linear(5, 8), new nn.ReLU(), new nn.Linear(8, 3))
  const input = randn([16, 5])
  const target = tensor(
    Array.from({ length: 16 }, (_, i) => i % 3),
    { dtype: 'int64' },
  )
  const groups = optim.decayGroups(model, { weightDecay: form === 'penalty' ? 0 : DECAY })
  const optimizer = make(groups, form === 'decoupled')
  for (let step = 0; step < 20; step++) {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model.forward(input), target)
    const total = form === 'penalty' ? loss.add(optim.l2Penalty(model, DECAY)) : loss
    total.backward()
    optimizer.step()
  }
  return Float32Array.from([...model.parameters()].flatMap((one) => [...(one.toTypedArray() as Float32Array)]))
}

/** The largest difference of two runs, relative to the largest weight. */
function distance(a: Float32Array, b: Float32Array): number {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / largest
}

describe('the forms of weight decay', () => {
  const sgd =
    (momentum: number): Make =>
    (groups, decoupled) =>
      new optim.SGD(groups, { lr: 0.1, momentum, decoupled })
  const adam: Make = (groups, decoupled) => new (decoupled ? optim.AdamW : optim.Adam)(groups, { lr: 0.02 })

  it('are one with plain SGD', () => {
    const coupled = train(sgd(0), 'coupled')
    expect(distance(coupled, train(sgd(0), 'penalty'))).toBeLessThan(1e-5)
    expect(distance(coupled, train(sgd(0), 'decoupled'))).toBeLessThan(1e-5)
  })
  it('are two with momentum: a decoupled decay does not gather in the buffer', () => {
    const coupled = train(sgd(0.9), 'coupled')
    expect(distance(coupled, train(sgd(0.9), 'penalty'))).toBeLessThan(1e-5)
    expect(distance(coupled, train(sgd(0.9), 'decoupled'))).toBeGreaterThan(0.05)
  })
  it('are two with Adam: a coupled decay is divided by the root of the squares, a decoupled one is not', () => {
    const coupled = train(adam, 'coupled')
    expect(distance(coupled, train(adam, 'penalty'))).toBeLessThan(1e-3)
    expect(distance(coupled, train(adam, 'decoupled'))).toBeGreaterThan(0.05)
  })
})
