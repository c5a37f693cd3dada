import { describe, expect, it } from 'vitest'
import { functional as F, health, manualSeed, nn, noGrad, optim, randn, type Tensor, tensor } from '../../lib/index.ts'
import { HealthReport } from '../../lib/insight/health/report.ts'
import { TinyResNet } from './models.ts'
import { labels, layer, norm, train, values } from './train_step.ts'

const { Linear, ReLU, Sequential, Sigmoid } = nn

/** Ten layers with their activations, and classes. */
function deep(...between: (() => nn.Module)[]): nn.Sequential {
  const layers = Array.from({ length: 10 }, () => [new Linear(16, 16), ...between.map((make) => make())]).flat()
  return new Sequential(...layers, new Linear(16, 4))
}

/** The report on one step of a model. */
function afterOneStep(model: nn.Module, shape: number[]): HealthReport {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const monitor = health(model, { optimizer })
  train(model, optimizer, shape)
  monitor.detach()
  return monitor.last as HealthReport
}

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
