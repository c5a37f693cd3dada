import { describe, expect, it } from 'vitest'
import {
  functional as F,
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
  tidy,
} from '../../lib/index.ts'
import { HealthReport } from '../../lib/insight/health/report.ts'
import { throws } from '../util/throws.ts'
import { TinyResNet } from './models.ts'

const { Linear, ReLU, Sequential, Sigmoid } = nn

/** Ten layers with their activations, and classes. */
function deep(...between: (() => nn.Module)[]): nn.Sequential {
  const layers = Array.from({ length: 10 }, () => [new Linear(16, 16), ...between.map((make) => make())]).flat()
  return new Sequential(...layers, new Linear(16, 4))
}

const labels = (count: number): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => i % 4),
    { dtype: 'int32' },
  )

/** One training step on random images. */
function train(model: nn.Module, optimizer: { zeroGrad(): void; step(): void }, shape: number[]): void {
  tidy(() => {
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(randn(shape)), labels(shape[0])).backward()
    optimizer.step()
  })
}

/** The report on one step of a model. */
function afterOneStep(model: nn.Module, shape: number[]): HealthReport {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const monitor = health(model, { optimizer })
  train(model, optimizer, shape)
  monitor.detach()
  return monitor.last as HealthReport
}

const layer = (report: HealthReport | null, path: string) => report?.layers.find((one) => one.path === path)
const norm = (values: Iterable<number>): number => Math.hypot(...values)
const values = (input: Tensor): number[] => Array.from(input.toTypedArray(), Number)

describe('the textbook case', () => {
  it('gradients vanish in ten sigmoid layers, and the layer where that begins is named', () => {
    manualSeed(1)
    const { flags, layers } = afterOneStep(
      deep(() => new Sigmoid()),
      [32, 16],
    )
    expect(flags.map(({ kind }) => kind)).toEqual(['vanishing'])
    const [{ path, why }] = flags
    expect(why).toMatch(/^its gradient is \d\.\de-\d+ of its weights, that of \d+ \d\.\de[+-]\d+$/)
    const linear = layers.filter(({ type }) => type === 'Linear')
    const relative = linear.map(({ gradNorm, weightNorm }) => (gradNorm as number) / (weightNorm as number))
    const at = linear.findIndex((one) => one.path === path)
    // Below it everything is smaller still, behind it nothing is a thousand times smaller than what follows.
    expect(relative[at]).toBeLessThan(1e-3 * Math.max(...relative.slice(at)))
    expect(relative[at + 1]).toBeGreaterThan(1e-3 * Math.max(...relative.slice(at + 1)))
    expect(relative[0]).toBeLessThan(1e-6 * relative[10])
  })
  it('they do not with batch norm', () => {
    manualSeed(1)
    const { flags } = afterOneStep(
      deep(
        () => new nn.BatchNorm1d(16),
        () => new Sigmoid(),
      ),
      [32, 16],
    )
    expect(flags).toEqual([])
  })
  it('they explode in ten layers with weights that are far too large', () => {
    manualSeed(1)
    const model = deep(() => new ReLU())
    noGrad(() => {
      for (const parameter of model.parameters()) parameter.mul_(12)
    })
    const { flags } = afterOneStep(model, [32, 16])
    expect(flags.map(({ kind }) => kind)).toEqual(['exploding'])
    expect(flags[0].path).toBe('20')
    expect(flags[0].why).toMatch(/^its gradient is \d\.\de\+\d+ of its weights$/)
    const broken = new Sequential(new Linear(4, 4), new Linear(4, 4))
    noGrad(() => broken.at(0)?.ownParameters()[0][1].fill_(Number.NaN))
    const nan = afterOneStep(broken, [4, 4]).flags
    expect(nan.at(-1)).toMatchObject({ kind: 'exploding', why: 'its gradient is not finite' })
  })
})

it('gradients that grow from layer to layer are flagged where they pass a thousandfold', () => {
  const layers = [5e4, 2, 1e-2, 1e-3].map((gradNorm, i) => ({
    ...{ path: `${i}`, type: 'Linear', gradNorm, weightNorm: i === 0 ? 100 : 1 },
    ...{
      updateRatio: null,
      effectiveLearningRate: null,
      activationMean: null,
      activationStd: null,
      deadFraction: null,
    },
  }))
  const report = new HealthReport(1, 1, layers)
  expect(report.flags).toEqual([
    { kind: 'exploding', path: '1', why: 'its gradient is 2.0e+0 of its weights, that of 3 1.0e-3' },
  ])
  expect(String(report).split('\n').at(-1)).toBe(
    'exploding at 1: its gradient is 2.0e+0 of its weights, that of 3 1.0e-3',
  )
})

describe('the numbers', () => {
  it('are those of the layers', () => {
    manualSeed(2)
    const model = new Sequential(new Linear(3, 5), new ReLU(), new Linear(5, 4))
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 })
    const monitor = health(model, { optimizer })
    const input = randn([6, 3])
    const before = [...model.parameters()].map(values)
    F.crossEntropy(model.forward(input), labels(6)).backward()
    const [weight, bias] = model.parameters()
    const hidden = values(F.linear(input, weight, bias))
    const gradients = [...model.parameters()].map(({ grad }) => values(grad as Tensor))
    optimizer.step()
    const after = [...model.parameters()].map(values)
    const first = layer(monitor.last, '0')
    const weights = [...before[0], ...before[1]]
    const changed = [...after[0], ...after[1]].map((value, i) => value - weights[i])
    expect(first?.gradNorm).toBeCloseTo(norm([...gradients[0], ...gradients[1]]), 5)
    expect(first?.weightNorm).toBeCloseTo(norm(weights), 5)
    expect(first?.updateRatio).toBeCloseTo(norm(changed) / norm(weights), 5)
    const mean = hidden.reduce((sum, value) => sum + value, 0) / hidden.length
    expect(first?.activationMean).toBeCloseTo(mean, 5)
    const variance = hidden.reduce((sum, value) => sum + (value - mean) ** 2, 0) / hidden.length
    expect(first?.activationStd).toBeCloseTo(Math.sqrt(variance), 5)
    expect(first).toMatchObject({ type: 'Linear', effectiveLearningRate: null, deadFraction: null })
    const dead = [0, 1, 2, 3, 4].filter((unit) => hidden.every((value, i) => i % 5 !== unit || value <= 0)).length
    expect(layer(monitor.last, '1')).toMatchObject({
      type: 'ReLU',
      gradNorm: null,
      weightNorm: null,
      deadFraction: dead / 5,
    })
    monitor.detach()
  })
  it('give the effective rate of weights that a norm makes free of scale', () => {
    const model = new TinyResNet()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.2 })
    const monitor = health(model, { optimizer })
    const rate = 0.2 / norm(values(model.conv1.weight)) ** 2
    train(model, optimizer, [4, 3, 8, 8])
    expect(layer(monitor.last, 'conv1')?.effectiveLearningRate).toBeCloseTo(rate, 6)
    expect(layer(monitor.last, 'conv2')?.effectiveLearningRate).toBeGreaterThan(0)
    expect(layer(monitor.last, 'fc')?.effectiveLearningRate).toBeNull()
    expect(layer(monitor.last, 'bn1')?.effectiveLearningRate).toBeNull()
    monitor.detach()
  })
  it('find dead units of modules and functions, in a step and in all of an epoch', () => {
    class Functional extends nn.Module {
      conv = new nn.Conv2d(1, 4, 1)
      fc = new Linear(4, 4)
      override forward(input: Tensor): Tensor {
        return this.fc.forward(this.conv.forward(input).relu().mean([2, 3]).relu())
      }
    }
    const model = new Functional()
    const set = (bias: number[]) =>
      noGrad(() => {
        nn.init.zeros(model.conv.weight)
        model.conv.bias?.copy_(tensor(bias))
      })
    const optimizer = new optim.SGD(model.parameters(), { lr: 0 })
    const monitor = health(model, { optimizer })
    set([-1, -1, -1, 1])
    train(model, optimizer, [2, 1, 3, 3])
    expect(layer(monitor.last, 'relu')).toMatchObject({ type: 'relu', deadFraction: 0.75 })
    expect(layer(monitor.last, 'relu2')?.deadFraction).toBe(0.75)
    expect(monitor.last?.flags).toContainEqual({
      kind: 'dead',
      path: 'relu',
      why: '75 % of its units were never positive',
    })
    set([-1, 1, 1, -1])
    train(model, optimizer, [2, 1, 3, 3])
    expect(layer(monitor.last, 'relu')?.deadFraction).toBe(0.5)
    const epoch = monitor.epoch()
    expect([epoch?.step, epoch?.measured, layer(epoch, 'relu')?.deadFraction]).toEqual([2, 2, 0.25])
    expect(monitor.epoch()).toBeNull()
    monitor.detach()
  })
  it('survive squares that float32 cannot hold', () => {
    const model = new Linear(2, 2, { bias: false })
    const monitor = health(model)
    for (const size of [1e-25, 1e25, 0]) {
      model.weight.grad = tensor([
        [3 * size, 0],
        [0, 4 * size],
      ])
      expect((monitor.step()?.layers[0].gradNorm ?? -1) / (size || 1)).toBeCloseTo(size === 0 ? 0 : 5, 4)
    }
    monitor.detach()
  })
})

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
