import { describe, expect, it } from 'vitest'
import { FormatError, optim, RangeError, StateError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const optimizerWith = (lr = 0.1) => new optim.SGD([tensor([1], { requiresGrad: true })], { lr })

/** The rates before each of `count` steps. */
function ratesOf(optimizer: optim.Optimizer, schedulers: { step(): void }[], count: number): number[] {
  return Array.from({ length: count }, () => {
    const { lr } = optimizer.paramGroups[0]
    for (const scheduler of schedulers) scheduler.step()
    return lr
  })
}

const close = (values: number[]) => values.map((value) => expect.closeTo(value, 9))

// Rates that PyTorch 1.13 gives.
describe('schedules that golden vectors do not cover follow PyTorch', () => {
  it('two schedulers on one optimizer multiply', () => {
    const optimizer = optimizerWith()
    const schedulers = [
      new optim.ExponentialLR(optimizer, 0.9),
      new optim.MultiStepLR(optimizer, [2, 4, 4], { gamma: 0.5 }),
    ]
    expect(ratesOf(optimizer, schedulers, 7)).toEqual(
      close([0.1, 0.09, 0.0405, 0.03645, 0.00820125, 0.007381125, 0.0066430125]),
    )
  })
  it('ConstantLR returns to the rate', () => {
    const optimizer = optimizerWith()
    const scheduler = new optim.ConstantLR(optimizer, { factor: 0.25, totalIters: 3 })
    expect(ratesOf(optimizer, [scheduler], 5)).toEqual(close([0.025, 0.025, 0.025, 0.1, 0.1]))
  })
  it('LambdaLR takes one function or one for each group', () => {
    const optimizer = optimizerWith()
    const scheduler = new optim.LambdaLR(optimizer, (epoch) => 1 / (1 + epoch))
    expect(ratesOf(optimizer, [scheduler], 5)).toEqual(close([0.1, 0.05, 0.1 / 3, 0.025, 0.02]))
    const params = [1, 2].map((value) => tensor([value], { requiresGrad: true }))
    const two = new optim.SGD(
      params.map((param) => ({ params: param })),
      { lr: 1 },
    )
    const each = new optim.LambdaLR(two, [() => 0.5, (epoch) => epoch])
    each.step()
    expect(each.getLastLr()).toEqual([0.5, 1])
  })
  it('CosineAnnealingLR rises again behind its minimum', () => {
    const optimizer = optimizerWith()
    const scheduler = new optim.CosineAnnealingLR(optimizer, 3, { etaMin: 0.01 })
    expect(ratesOf(optimizer, [scheduler], 9)).toEqual(
      close([0.1, 0.0775, 0.0325, 0.01, 0.0325, 0.0775, 0.1, 0.0775, 0.0325]),
    )
  })
  it('CosineAnnealingWarmRestarts takes fractions of an epoch', () => {
    const optimizer = optimizerWith()
    const scheduler = new optim.CosineAnnealingWarmRestarts(optimizer, 2, { tMult: 2, etaMin: 0.01 })
    const rates = Array.from({ length: 14 }, (_, i) => {
      scheduler.step(i / 2)
      return scheduler.getLastLr()[0]
    })
    const period = [0.09657457896, 0.08681980515, 0.07222075446, 0.055, 0.03777924554, 0.02318019485, 0.01342542104]
    expect(rates).toEqual(close([0.1, 0.08681980515, 0.055, 0.02318019485, 0.1, ...period, 0.1, 0.09913533762]))
    throws(
      () => scheduler.step(-1),
      RangeError,
      'CosineAnnealingWarmRestarts: expected epoch to be a finite number of at least 0, got -1',
    )
  })
  it('OneCycleLR in three phases, linearly, with the momentum of SGD', () => {
    const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 })
    const scheduler = new optim.OneCycleLR(optimizer, 1, {
      ...{ epochs: 2, stepsPerEpoch: 5, threePhase: true, annealStrategy: 'linear', finalDivFactor: 10 },
    })
    const [group] = optimizer.paramGroups
    const seen = Array.from({ length: 10 }, () => {
      const { lr, momentum } = group
      scheduler.step()
      return [lr, momentum]
    })
    expect(seen.map(([lr]) => lr)).toEqual(close([0.04, 0.52, 1, 0.52, 0.04, 0.0328, 0.0256, 0.0184, 0.0112, 0.004]))
    expect(seen.map(([, momentum]) => momentum)).toEqual(
      close([0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95]),
    )
    throws(() => scheduler.step(), StateError, 'OneCycleLR: expected at most 10 steps, got 11')
    expect(scheduler.lastEpoch).toBe(10)
  })
  it("OneCycleLR with Adam's first beta", () => {
    const optimizer = new optim.Adam([tensor([1], { requiresGrad: true })])
    const scheduler = new optim.OneCycleLR(optimizer, [1], { totalSteps: 5 })
    const seen = Array.from({ length: 5 }, () => {
      const [{ lr, betas }] = optimizer.paramGroups
      scheduler.step()
      return [lr, ...betas]
    })
    expect(seen.map(([lr]) => lr)).toEqual(close([0.04, 0.950484632, 0.6112620219, 0.1882583461, 4e-6]))
    expect(seen.map(([, beta]) => beta)).toEqual(close([0.95, 0.8549515566, 0.8888739533, 0.9311744901, 0.95]))
    expect(seen.map(([, , beta2]) => beta2)).toEqual(new Array(5).fill(0.999))
  })
  it('SequentialLR begins each schedule from the initial rate', () => {
    const optimizer = optimizerWith()
    const parts = [
      new optim.ExponentialLR(optimizer, 0.5),
      new optim.StepLR(optimizer, 2),
      new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 }),
    ]
    const scheduler = new optim.SequentialLR(optimizer, parts, [2, 5])
    expect(ratesOf(optimizer, [scheduler], 9)).toEqual(close([0.1, 0.05, 0.1, 0.1, 0.01, 0.05, 0.05, 0.1, 0.1]))
  })
  it('a rate that is changed by hand stays changed', () => {
    const optimizer = optimizerWith()
    const scheduler = new optim.StepLR(optimizer, 2, { gamma: 0.5 })
    const rates = ratesOf(optimizer, [scheduler], 3)
    optimizer.paramGroups[0].lr = 8
    expect([...rates, ...ratesOf(optimizer, [scheduler], 3)]).toEqual([0.1, 0.1, 0.05, 8, 4, 4])
  })
})

describe('warmup', () => {
  it('rises to the initial rate and goes on from there', () => {
    const optimizer = optimizerWith(1)
    const scheduler = optim.warmup(optimizer, 4, new optim.ExponentialLR(optimizer, 0.5), { startFactor: 0.2 })
    expect(ratesOf(optimizer, [scheduler], 7)).toEqual(close([0.2, 0.4, 0.6, 0.8, 1, 0.5, 0.25]))
    const gentle = optimizerWith(1)
    optim.warmup(gentle, 4, new optim.StepLR(gentle, 5))
    expect(gentle.paramGroups[0].lr).toBe(0.01)
  })
  it('refuses no steps', () => {
    const optimizer = optimizerWith()
    throws(
      () => optim.warmup(optimizer, 0, new optim.StepLR(optimizer, 1)),
      RangeError,
      'warmup: expected steps to be an integer of at least 1, got 0',
    )
  })
})

describe('groups', () => {
  it('all change from their own start, those that were added later too', () => {
    const params = [1, 2, 3].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.SGD([{ params: params[0] }, { params: params[1], lr: 10 }], { lr: 1 })
    const scheduler = new optim.CosineAnnealingLR(optimizer, 2)
    scheduler.step()
    expect(scheduler.getLastLr()).toEqual([expect.closeTo(0.5, 9), expect.closeTo(5, 9)])
    optimizer.addParamGroup({ params: params[2], lr: 4 })
    scheduler.step()
    expect(scheduler.getLastLr()[2]).toBeCloseTo(0, 9)
    scheduler.step()
    expect(scheduler.getLastLr()[2]).toBeCloseTo(2, 9)
  })
})

/** Each scheduler of an optimizer, by name. */
const makers: Record<string, (optimizer: optim.Optimizer) => optim.LRScheduler> = {
  StepLR: (optimizer) => new optim.StepLR(optimizer, 2),
  MultiStepLR: (optimizer) => new optim.MultiStepLR(optimizer, [3, 5]),
  ExponentialLR: (optimizer) => new optim.ExponentialLR(optimizer, 0.9),
  ConstantLR: (optimizer) => new optim.ConstantLR(optimizer),
  LinearLR: (optimizer) => new optim.LinearLR(optimizer),
  LambdaLR: (optimizer) => new optim.LambdaLR(optimizer, (epoch) => 0.9 ** epoch),
  CosineAnnealingLR: (optimizer) => new optim.CosineAnnealingLR(optimizer, 6),
  CosineAnnealingWarmRestarts: (optimizer) => new optim.CosineAnnealingWarmRestarts(optimizer, 3),
  OneCycleLR: (optimizer) => new optim.OneCycleLR(optimizer, 0.5, { totalSteps: 9 }),
  SequentialLR: (optimizer) => optim.warmup(optimizer, 3, new optim.CosineAnnealingLR(optimizer, 5)),
}

describe('state dicts', () => {
  it.each(Object.keys(makers))('of %s continue, through JSON', (name) => {
    const [a, b] = [optimizerWith(1), optimizerWith(1)]
    const first = makers[name](a)
    for (let i = 0; i < 4; i++) first.step()
    const second = makers[name](b)
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())))
    expect(b.paramGroups[0]).toMatchObject({ lr: a.paramGroups[0].lr, momentum: a.paramGroups[0].momentum })
    expect(ratesOf(b, [second], 4)).toEqual(ratesOf(a, [first], 4))
    expect(second.lastEpoch).toBe(8)
  })
  it('of ReduceLROnPlateau continue, through JSON', () => {
    const [a, b] = [optimizerWith(1), optimizerWith(1)]
    const options = { patience: 1, factor: 0.5, cooldown: 1 }
    const first = new optim.ReduceLROnPlateau(a, options)
    for (const metric of [3, 3, 3]) first.step(metric)
    const second = new optim.ReduceLROnPlateau(b, options)
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())))
    const rates = [first, second].map((scheduler) =>
      [3, 3, 3, 2, 2, 2].map((metric) => {
        scheduler.step(metric)
        return scheduler.getLastLr()[0]
      }),
    )
    expect(rates[0]).toEqual([0.5, 0.5, 0.25, 0.25, 0.25, 0.125])
    expect(rates[1]).toEqual(rates[0])
  })
  it('of another form are refused', () => {
    const optimizer = optimizerWith()
    const state = { lastEpoch: 1, baseLrs: [1], lastLr: [1] }
    throws(
      () => new optim.CosineAnnealingLR(optimizer, 10).loadStateDict({ ...state, baseLrs: [1, 2] }),
      FormatError,
      'CosineAnnealingLR.loadStateDict: expected 1 base rates, got 2',
    )
    throws(
      () => new optim.StepLR(optimizer, 10).loadStateDict({ ...state, lastLr: [] }),
      FormatError,
      'StepLR.loadStateDict: expected 1 last rates, got 0',
    )
    throws(
      () => optim.warmup(optimizer, 1, new optim.StepLR(optimizer, 1)).loadStateDict(state),
      FormatError,
      'SequentialLR.loadStateDict: expected 2 schedulers, got 0',
    )
    const plateau = new optim.ReduceLROnPlateau(optimizer)
    throws(
      () => plateau.loadStateDict({ ...plateau.stateDict(), lastLr: [1, 2] }),
      FormatError,
      'ReduceLROnPlateau.loadStateDict: expected 1 last rates, got 2',
    )
  })
})
