import { describe, expect, it } from 'vitest'
import {
  health,
  lint,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  RangeError,
  randn,
  StateError,
  summary,
  type Tensor,
  tensor,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { TinyResNet } from './models.ts'
import { layer, norm, train, values } from './train_step.ts'

const { Linear, ReLU, Sequential } = nn

describe('a monitor', () => {
  it('measures every so many steps and averages them', () => {
    manualSeed(3)
    const model = new Sequential(new Linear(4, 4))
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const monitor = health(model, { optimizer, every: 2 })
    const norms: number[] = []
    for (let i = 0; i < 5; i++) {
      train(model, optimizer, [4, 4])
      if (i % 2 === 0) norms.push(layer(monitor.last, '0')?.gradNorm as number)
      else expect(monitor.last?.step).toBe(i)
    }
    const epoch = monitor.epoch()
    expect([epoch?.step, epoch?.measured]).toEqual([5, 3])
    expect(layer(epoch, '0')?.gradNorm).toBeCloseTo(norms.reduce((a, b) => a + b) / 3, 10)
    monitor.detach()
  })
  it('is told of steps by hand without an optimizer', () => {
    const model = new Linear(3, 2)
    const monitor = health(model)
    model
      .forward(randn([4, 3]))
      .sum()
      .backward()
    noGrad(() => model.weight.mul_(1.5))
    const report = monitor.step()
    const bias = norm(values(model.bias as Tensor))
    const weight = norm(values(model.weight))
    expect(report?.layers[0].updateRatio).toBeCloseTo(weight / 3 / norm([weight / 1.5, bias]), 5)
    expect(monitor.step()?.layers[0].updateRatio).toBe(0)
    expect(report).not.toBe(monitor.last)
    monitor.detach()
  })
  it('looks at training forwards only, not at evaluation, noGrad, summaries and lint', () => {
    const model = new Sequential(new Linear(4, 4), new ReLU())
    const monitor = health(model)
    noGrad(() => model.forward(randn([2, 4])))
    model.eval()
    model.forward(randn([2, 4]))
    model.train()
    summary(model, [2, 4])
    lint(model, { inputShape: [2, 4] })
    expect(monitor.step()?.layers.every(({ activationMean }) => activationMean === null)).toBe(true)
    model.forward(randn([2, 4]))
    expect(layer(monitor.step(), '0')?.activationMean).not.toBeNull()
    monitor.detach()
  })
  it('has no influence on training', () => {
    const run = (watched: boolean): number[][] => {
      manualSeed(4)
      const model = new TinyResNet()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      const monitor = watched ? health(model, { optimizer }) : null
      for (let i = 0; i < 3; i++) train(model, optimizer, [4, 3, 8, 8])
      monitor?.detach()
      return [...model.parameters()].map(values)
    }
    expect(run(true)).toEqual(run(false))
  })
  it('keeps memory flat, and gives all of it back with its hooks', () => {
    const model = new TinyResNet()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    train(model, optimizer, [4, 3, 8, 8])
    optimizer.zeroGrad()
    const { storages } = memory()
    const monitor = health(model, { optimizer })
    const counts = Array.from({ length: 20 }, () => {
      train(model, optimizer, [4, 3, 8, 8])
      return memory().storages
    })
    expect(counts.at(-1)).toBe(counts[2])
    monitor.detach()
    optimizer.zeroGrad()
    // Gradients of a function's activations wait for the garbage collector in neither case.
    expect(memory().storages - storages).toBeLessThanOrEqual(0)
    expect([...model.modules()].some((module) => Object.hasOwn(module, 'forward'))).toBe(false)
    expect(Object.hasOwn(optimizer, 'step')).toBe(false)
    monitor.detach()
    train(model, optimizer, [4, 3, 8, 8])
    expect(monitor.last?.step).toBe(20)
    const manual = health(model)
    manual[Symbol.dispose]()
    throws(() => manual.step(), StateError, 'health: expected a monitor that is attached, got one after detach()')
  })
  it('leaves a step alone that someone else has wrapped since', () => {
    const model = new Linear(2, 4)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const monitor = health(model, { optimizer })
    const inner = optimizer.step
    let calls = 0
    const outer = (): void => {
      calls++
      inner()
    }
    optimizer.step = outer
    monitor.detach()
    expect(optimizer.step).toBe(outer)
    const before = values(model.weight)
    train(model, optimizer, [3, 2])
    expect([calls, monitor.last]).toEqual([1, null])
    expect(values(model.weight)).not.toEqual(before)
  })
  it('goes on after a forward that failed', () => {
    const model = new Sequential(new Linear(3, 3), new ReLU(), new Linear(3, 4))
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const monitor = health(model, { optimizer })
    expect(() => model.forward(randn([2, 5]))).toThrow('linear: expected the last dimension')
    train(model, optimizer, [2, 3])
    expect(monitor.last?.layers.map(({ path }) => path)).toEqual(['0', '1', '2'])
    monitor.detach()
  })
  it('reports as a table', () => {
    const model = new Sequential(new Linear(1, 2, { bias: false }), new ReLU())
    noGrad(() =>
      model
        .at(0)
        ?.ownParameters()[0][1]
        .copy_(tensor([[3], [-4]])),
    )
    const monitor = health(model)
    model
      .forward(tensor([[1], [2]]))
      .sum()
      .backward()
    expect(String(monitor.step()).split('\n')).toEqual([
      'Layer       Gradient  Weight  Update  Rate     Mean     Std  Dead',
      '─────────────────────────────────────────────────────────────────',
      '0 (Linear)    3.0e+0  5.0e+0       0        -7.5e-1  5.5e+0',
      '1 (ReLU)                                     2.3e+0  2.5e+0  50 %',
      '─────────────────────────────────────────────────────────────────',
    ])
    monitor.detach()
  })
  it('refuses what it does not know', () => {
    const model = new Linear(2, 2)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    throws(
      () => health(model, { every: 0 }),
      RangeError,
      'health: expected every to be an integer of at least 1, got 0',
    )
    throws(
      () => health(model, { epochs: 1 } as never),
      RangeError,
      'health: expected options optimizer, every, got "epochs"',
    )
    throws(
      () => health(new nn.LazyLinear(2)),
      StateError,
      'health: weight of LazyLinear is not materialised yet; run one forward pass first to infer its shape',
    )
    const monitor = health(model, { optimizer })
    throws(
      () => monitor.step(),
      StateError,
      'health: expected no call of step() on a monitor that has an optimizer, whose steps it notices',
    )
    monitor.detach()
  })
})
