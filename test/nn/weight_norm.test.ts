import { describe, expect, it } from 'vitest'
import {
  functional as F,
  nn,
  noGrad,
  optim,
  RangeError,
  randn,
  StateError,
  type Tensor,
  tidy,
} from '../../lib/index.ts'
import { checkGrads } from '../ops/check_grads.ts'
import { throws } from '../util/throws.ts'

const field = (module: object, name: string): Tensor => (module as Record<string, Tensor>)[name]

describe('weightNorm', () => {
  it('splits a weight into length and direction, and computes the same', () => {
    const layer = new nn.Linear(3, 2)
    const weight = layer.weight.detach().clone()
    const input = randn([4, 3])
    const want = layer.forward(input)
    expect(nn.weightNorm(layer)).toBe(layer)
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_g', 'weight_v'])
    expect([...layer.namedParameters()].map(([name]) => name)).toEqual(['bias', 'weight_g', 'weight_v'])
    expect(field(layer, 'weight_g').shape).toEqual([2, 1])
    expect(field(layer, 'weight_g').allclose(weight.square().sum([1], { keepdim: true }).sqrt())).toBe(true)
    expect(layer.forward(input).allclose(want, { atol: 1e-6 })).toBe(true)
    expect(String(layer)).toBe('Linear(in_features=3, out_features=2, bias=True)')
  })
  it('scales every slice to its length, along any dimension or as a whole', () => {
    for (const [dim, shape, axes] of [
      [0, [4, 1, 1, 1], [1, 2, 3]],
      [1, [1, 3, 1, 1], [0, 2, 3]],
      [-1, [1, 1, 1, 2], [0, 1, 2]],
      [null, [], [0, 1, 2, 3]],
    ] as [number | null, number[], number[]][]) {
      const layer = nn.weightNorm(new nn.Conv2d(3, 4, 2), { dim })
      const length = field(layer, 'weight_g')
      expect(length.shape).toEqual(shape)
      noGrad(() => length.mul_(3))
      layer.forward(randn([1, 3, 4, 4]))
      const norms = layer.weight
        .square()
        .sum(axes, { keepdim: dim !== null })
        .sqrt()
      expect(norms.allclose(length.abs(), { rtol: 1e-4 })).toBe(true)
    }
  })
  it('takes another parameter by its name', () => {
    const layer = nn.weightNorm(new nn.Linear(3, 4), { name: 'bias' })
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias_g', 'bias_v'])
    expect(field(layer, 'bias_g').shape).toEqual([4])
    expect(layer.forward(randn([1, 3])).shape).toEqual([1, 4])
  })
  it('differentiates length and direction', () => {
    const input = randn([2, 3])
    const layer = nn.weightNorm(new nn.Linear(3, 2, { bias: false }))
    const fields = layer as unknown as Record<string, Tensor>
    const [g, v] = [fields.weight_g, fields.weight_v]
    checkGrads(
      (length, direction) => {
        Object.assign(fields, { weight_g: length, weight_v: direction })
        return layer.forward(input)
      },
      [g, v],
    )
  })
  it('trains, in a plain loop and in scopes', () => {
    const model = new nn.Sequential(
      nn.weightNorm(new nn.Linear(3, 8)),
      new nn.ReLU(),
      nn.weightNorm(new nn.Linear(8, 1)),
    )
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 })
    const [input, target] = [randn([16, 3]), randn([16, 1])]
    const losses = Array.from({ length: 20 }, () =>
      tidy(() => {
        optimizer.zeroGrad()
        const loss = F.mseLoss(model.forward(input), target)
        loss.backward()
        optimizer.step()
        return Number(loss.item())
      }),
    )
    expect(losses[19]).toBeLessThan(losses[0])
    expect(field(model.at(0)!, 'weight').shape).toEqual([8, 3])
  })
  it('loads a state dict with the names of PyTorch', () => {
    const source = nn.weightNorm(new nn.Conv1d(2, 3, 2))
    const target = nn.weightNorm(new nn.Conv1d(2, 3, 2))
    target.loadStateDict(source.stateDict())
    const input = randn([1, 2, 5])
    expect(target.forward(input).equal(source.forward(input))).toBe(true)
  })
})

describe('removeWeightNorm', () => {
  it('makes the weight, as it is now, a parameter again', () => {
    const layer = nn.weightNorm(new nn.Linear(3, 2))
    noGrad(() => field(layer, 'weight_g').mul_(2))
    const input = randn([4, 3])
    const want = layer.forward(input)
    noGrad(() => field(layer, 'weight_g').mul_(1))
    expect(nn.removeWeightNorm(layer)).toBe(layer)
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight'])
    expect(layer.weight.requiresGrad && layer.weight.isLeaf).toBe(true)
    expect(layer.forward(input).equal(want)).toBe(true)
    nn.weightNorm(layer)
    expect(layer.forward(input).allclose(want, { atol: 1e-5 })).toBe(true)
  })
})

describe('errors', () => {
  it('name parameters that are missing, twice split or not there yet', () => {
    throws(() => nn.weightNorm(new nn.ReLU()), RangeError, 'weightNorm: expected a parameter "weight" in ReLU')
    const layer = nn.weightNorm(new nn.Linear(2, 2))
    throws(() => nn.weightNorm(layer), StateError, 'weightNorm: "weight" of Linear has a weight norm already')
    throws(
      () => nn.weightNorm(new nn.LazyLinear(2)),
      StateError,
      'weightNorm: "weight" of LazyLinear is not materialised yet; run one forward pass first',
    )
    throws(
      () => nn.removeWeightNorm(new nn.Linear(2, 2)),
      StateError,
      'removeWeightNorm: expected a weight norm of "weight" in Linear',
    )
  })
  it('name dimensions and options', () => {
    expect(() => nn.weightNorm(new nn.Linear(2, 2), { dim: 2 })).toThrow('weightNorm: ')
    throws(
      () => nn.weightNorm(new nn.Linear(2, 2), { axis: 0 } as never),
      RangeError,
      'weightNorm: expected options name, dim, got "axis"',
    )
  })
})
