import { describe, expect, it } from 'vitest'
import {
  functional as F,
  getNumThreads,
  manualSeed,
  memory,
  nn,
  optim,
  RangeError,
  randn,
  setNumThreads,
  type Tensor,
  tensor,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

/** Every optimizer with settings that use all of its state. */
const optimizers: Record<string, (params: Iterable<Tensor>) => optim.Optimizer> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, weightDecay: 0.01 }),
  SGDW: (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, weightDecay: 0.01, decoupled: true }),
  Adam: (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true, weightDecay: 0.01 }),
  AdamW: (params) => new optim.AdamW(params, { lr: 0.01 }),
  RMSprop: (params) => new optim.RMSprop(params, { lr: 0.01, momentum: 0.9, centered: true }),
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.05, lrDecay: 0.1, initialAccumulatorValue: 0.1 }),
}

/** A small network, channels-last weights included, and its training data. */
function setting() {
  manualSeed(7)
  const model = new nn.Sequential(new nn.Conv2d(3, 6, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(24, 4))
  const input = randn([8, 3, 4, 4])
  const target = tensor([0, 1, 2, 3, 0, 1, 2, 3], { dtype: 'int64' })
  const train = (optimizer: optim.Optimizer, steps: number): void => {
    for (let step = 0; step < steps; step++) {
      optimizer.zeroGrad()
      F.crossEntropy(model.forward(input), target).backward()
      optimizer.step()
    }
  }
  const weights = (): number[] => [...model.parameters()].flatMap((one) => [...(one.toTypedArray() as Float32Array)])
  return { model, train, weights }
}

/** A state dict whose tensors have memory of their own, as one read from a file has. */
function frozen({ state, paramGroups }: optim.OptimizerState): optim.OptimizerState {
  const copies = Object.entries(state).map(([i, kept]) => [
    i,
    Object.fromEntries(
      Object.entries(kept).map(([name, value]) => [name, typeof value === 'number' ? value : value.clone()]),
    ),
  ])
  return { state: Object.fromEntries(copies), paramGroups: structuredClone(paramGroups) }
}

describe.each(Object.keys(optimizers))('%s', (name) => {
  const make = optimizers[name]

  it('goes on from a state dict as if it had never stopped, to the last bit', () => {
    const whole = setting()
    const first = make(whole.model.parameters())
    whole.train(first, 3)
    const weights = Object.entries(whole.model.stateDict()).map(([key, value]) => [key, value.clone()])
    const saved = frozen(first.stateDict())
    whole.train(first, 3)

    const resumed = setting()
    resumed.model.loadStateDict(Object.fromEntries(weights))
    const second = make(resumed.model.parameters())
    second.loadStateDict(saved)
    resumed.train(second, 3)
    expect(resumed.weights()).toEqual(whole.weights())
  })

  it('gives the same bits for any number of threads, and learns', () => {
    const before = getNumThreads()
    const runs = [1, 2, 3].map((threads) => {
      setNumThreads(threads)
      const { model, train, weights } = setting()
      const start = weights()
      train(make(model.parameters()), 4)
      expect(weights()).not.toEqual(start)
      return weights()
    })
    setNumThreads(before)
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).toEqual(runs[0])
  })

  it('leaves nothing behind but its state, and nothing at all from the second step on', () => {
    const { model, train } = setting()
    const optimizer = make(model.parameters())
    train(optimizer, 1)
    const { storages } = memory()
    const tensors = Object.values(optimizer.stateDict().state[0]).filter((value) => typeof value !== 'number').length
    optimizer.step()
    optimizer.step()
    expect(memory().storages).toBe(storages)
    expect(tensors).toBeGreaterThan(0)
  })
})

describe('addParamGroup', () => {
  it('takes parameters in with settings of their own', () => {
    const [first, second, third] = [1, 1, 1].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.SGD([first], { lr: 0.5 })
    optimizer.addParamGroup({ params: second, lr: 0.25 })
    optimizer.addParamGroup({ params: [third] })
    for (const param of [first, second, third]) param.grad = tensor([1])
    optimizer.step()
    expect([first.item(), second.item(), third.item()]).toEqual([0.5, 0.75, 0.5])
    optimizer.zeroGrad()
    expect([second.grad, optimizer.paramGroups.map(({ lr }) => lr)]).toEqual([null, [0.5, 0.25, 0.5]])
  })
  it('refuses what is there already and settings out of range, and changes nothing', () => {
    const [first, second] = [1, 1].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.AdamW([first])
    throws(
      () => optimizer.addParamGroup({ params: [second, first] }),
      RangeError,
      'AdamW: parameter [1] is given more than once',
    )
    throws(
      () => optimizer.addParamGroup({ params: [second], lr: -1 }),
      RangeError,
      'AdamW: expected lr to be a finite number of at least 0, got -1',
    )
    expect(optimizer.paramGroups).toHaveLength(1)
  })
})

describe('settings out of range', () => {
  const param = (): Tensor[] => [tensor([1], { requiresGrad: true })]
  it('are refused by RMSprop', () => {
    const make = (options: object) => () => new optim.RMSprop(param(), options)
    const wrong = 'to be a finite number of at least 0, got -1'
    for (const name of ['lr', 'alpha', 'eps', 'weightDecay', 'momentum']) {
      throws(make({ [name]: -1 }), RangeError, `RMSprop: expected ${name} ${wrong}`)
    }
    throws(
      make({ rho: 1 }),
      RangeError,
      'RMSprop: expected options lr, alpha, eps, weightDecay, momentum, centered, maximize, got "rho"',
    )
  })
  it('are refused by Adagrad', () => {
    const make = (options: object) => () => new optim.Adagrad(param(), options)
    const wrong = 'to be a finite number of at least 0, got -1'
    for (const name of ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps']) {
      throws(make({ [name]: -1 }), RangeError, `Adagrad: expected ${name} ${wrong}`)
    }
    throws(
      make({ decay: 1 }),
      RangeError,
      'Adagrad: expected options lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize, got "decay"',
    )
  })
})

describe('a step', () => {
  it('goes uphill with maximize, whatever the optimizer', () => {
    const options = { lr: 0.5, maximize: true }
    const kinds = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad] as const
    for (const Kind of kinds) {
      const param = tensor([1], { requiresGrad: true })
      param.grad = tensor([2])
      new Kind([param], options).step()
      expect(param.item()).toBeGreaterThan(1)
    }
  })
  it('starts a state that a setting asks for later', () => {
    const param = tensor([1], { requiresGrad: true })
    const optimizer = new optim.Adam([param], { lr: 0.1 })
    param.grad = tensor([1])
    optimizer.step()
    optimizer.paramGroups[0].amsgrad = true
    optimizer.step()
    expect(Object.keys(optimizer.stateDict().state[0]).sort()).toEqual(['expAvg', 'expAvgSq', 'maxExpAvgSq', 'step'])
    expect(param.item()).toBeCloseTo(0.8, 5)
  })
  it('counts the steps of each parameter by itself', () => {
    const [early, late] = [1, 1].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.Adam([early, late], { lr: 0.1 })
    early.grad = tensor([1])
    optimizer.step()
    late.grad = tensor([3])
    optimizer.step()
    // A first step of Adam is lr, whatever the gradient.
    expect(late.item()).toBeCloseTo(0.9, 5)
    const { state } = optimizer.stateDict()
    expect([state[0].step, state[1].step]).toEqual([2, 1])
  })
  it('is fine when no parameter has a gradient', () => {
    const param = tensor([1], { requiresGrad: true })
    for (const make of Object.values(optimizers)) make([param]).step()
    expect(param.item()).toBe(1)
  })
})
