import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  FormatError,
  nn,
  optim,
  RangeError,
  randn,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const leaf = (values: number[]) => tensor(values, { requiresGrad: true })
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5))

function stepWith(optimizer: optim.Optimizer, param: Tensor, grad: number[]): number[] {
  param.grad = tensor(grad)
  optimizer.step()
  return [...(param.toTypedArray() as Float32Array)]
}

describe('SGD', () => {
  it('follows the gradient', () => {
    const param = leaf([1, 2])
    expect(stepWith(new optim.SGD([param], { lr: 0.5 }), param, [2, -2])).toEqual([0, 3])
  })
  it('adds momentum from the second step on, with dampening', () => {
    const param = leaf([0])
    const optimizer = new optim.SGD([param], { lr: 1, momentum: 0.5, dampening: 0.5 })
    expect(stepWith(optimizer, param, [1])).toEqual([-1])
    expect(stepWith(optimizer, param, [1])).toEqual([-2])
    expect(stepWith(optimizer, param, [4])).toEqual([-4.5])
  })
  it('looks ahead, decays and maximises', () => {
    const ahead = leaf([0])
    expect(stepWith(new optim.SGD([ahead], { lr: 1, momentum: 0.5, nesterov: true }), ahead, [1])).toEqual([-1.5])
    const decayed = leaf([2])
    expect(stepWith(new optim.SGD([decayed], { lr: 0.5, weightDecay: 0.5 }), decayed, [0])).toEqual([1.5])
    const up = leaf([0])
    expect(stepWith(new optim.SGD([up], { lr: 1, maximize: true }), up, [1])).toEqual([1])
  })
  it('starts the momentum of each parameter with its own first gradient', () => {
    const [first, second] = [leaf([0]), leaf([0])]
    const optimizer = new optim.SGD([first, second], { lr: 1, momentum: 0.5, dampening: 1 })
    stepWith(optimizer, first, [1])
    expect([first.item(), second.item()]).toEqual([-1, 0])
    second.grad = tensor([2])
    expect(stepWith(optimizer, first, [1])).toEqual([-1.5])
    expect(second.item()).toBe(-2)
  })
  it('uses the settings of each group', () => {
    const [slow, fast] = [leaf([0]), leaf([0])]
    const optimizer = new optim.SGD([{ params: [slow] }, { params: [fast], lr: 1 }], { lr: 0.1 })
    fast.grad = tensor([1])
    stepWith(optimizer, slow, [1])
    expect([slow.item(), fast.item()]).toEqual([expect.closeTo(-0.1, 6), -1])
    optimizer.paramGroups[0].lr = 2
    expect(stepWith(optimizer, slow, [1])).toEqual(close([-2.1]))
  })
  it('takes hand-made gradients in any order in memory', () => {
    const param = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    )
    param.grad = tensor([
      [1, 2],
      [3, 4],
    ]).t()
    new optim.SGD([param], { lr: 1 }).step()
    expect(param.toArray()).toEqual([
      [0, -1],
      [1, 0],
    ])
  })
  it('trains a model to the answer', () => {
    const model = new nn.Linear(2, 1)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
    const input = randn([64, 2])
    const target = input.matmul(tensor([[3], [-2]])).add(0.5)
    for (let step = 0; step < 200; step++) {
      optimizer.zeroGrad()
      model.forward(input).sub(target).square().mean().backward()
      optimizer.step()
    }
    expect([...model.weight.toTypedArray(), ...(model.bias as Tensor).toTypedArray()]).toEqual(
      [3, -2, 0.5].map((value) => expect.closeTo(value, 2)),
    )
  })
  it('counts as an edit of what a graph has saved', () => {
    const layer = new nn.Linear(2, 2)
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 })
    const loss = layer.forward(randn([1, 2], { requiresGrad: true })).sum()
    loss.backward(undefined, { retainGraph: true })
    optimizer.step()
    expect(() => loss.backward()).toThrow('has been modified by an in-place operation')
  })
})

describe('state', () => {
  it('continues in another optimizer', () => {
    const [a, b] = [leaf([1]), leaf([1])]
    const options = { lr: 0.1, momentum: 0.9 }
    const first = new optim.SGD([a], options)
    const second = new optim.SGD([b], { lr: 1, momentum: 0.5 })
    stepWith(first, a, [1])
    b.copy_.call(b.requiresGrad_(false), a.detach())
    b.requiresGrad_()
    second.loadStateDict(first.stateDict())
    expect(second.paramGroups[0]).toMatchObject({ ...options, nesterov: false })
    expect(stepWith(second, b, [2])).toEqual(stepWith(first, a, [2]))
  })
  it('names parameters by position', () => {
    const param = leaf([1, 2])
    const optimizer = new optim.SGD([param], { lr: 0.1, momentum: 0.9 })
    stepWith(optimizer, param, [3, 4])
    const { state, paramGroups } = optimizer.stateDict()
    expect([(state[0].momentumBuffer as Tensor).toArray(), paramGroups[0].params, paramGroups[0].lr]).toEqual([
      [3, 4],
      [0],
      0.1,
    ])
  })
  it('of another form is refused', () => {
    const optimizer = new optim.SGD([leaf([1, 2])], { lr: 0.1 })
    throws(
      () => optimizer.loadStateDict({ state: {}, paramGroups: [{ params: [0, 1] }] }),
      FormatError,
      'SGD.loadStateDict: expected groups of [1] parameters, got [2]',
    )
    const paramGroups = [{ params: [0] }]
    throws(
      () => optimizer.loadStateDict({ state: { 0: { momentumBuffer: zeros([3]) } }, paramGroups }),
      FormatError,
      'SGD.loadStateDict: expected momentumBuffer of parameter 0 to have shape [2], got [3]',
    )
    throws(
      () => optimizer.loadStateDict({ state: { 5: { momentumBuffer: zeros([2]) } }, paramGroups }),
      FormatError,
      'SGD.loadStateDict: expected momentumBuffer of parameter 5 to have shape of a parameter that exists, got [2]',
    )
  })
})

describe('errors', () => {
  const make =
    (params: unknown, options: object = {}) =>
    () =>
      new optim.SGD(params as Tensor[], { lr: 0.1, ...options })
  it('name parameters that cannot be trained', () => {
    throws(make([]), RangeError, 'SGD: expected at least one parameter, got none')
    throws(make([tensor([1n])]), DTypeError, 'SGD: expected float32 tensors, got int64')
    throws(make([leaf([1]).mul(2)]), StateError, 'SGD: expected leaves, got a tensor that mul made; parameter [1]')
    throws(
      make([zeros([4]).slice(0, 0, 4, 2)]),
      StateError,
      'SGD: expected parameters without gaps in memory; parameter [2]; use contiguous()',
    )
    const twice = leaf([1])
    throws(make([twice, twice]), RangeError, 'SGD: parameter [1] is given more than once')
    throws(
      make([{ lr: 1 }]),
      DTypeError,
      'SGD: expected tensors or groups { params, ... }, got an object of class Object',
    )
  })
  it('name settings out of range', () => {
    const param = [leaf([1])]
    throws(make(param, { lr: -1 }), RangeError, 'SGD: expected lr to be a finite number of at least 0, got -1')
    throws(make(param, { lr: Number.NaN }), RangeError, 'SGD: expected lr to be a finite number of at least 0, got NaN')
    throws(
      make(param, { momentum: -1 }),
      RangeError,
      'SGD: expected momentum to be a finite number of at least 0, got -1',
    )
    throws(
      make(param, { weightDecay: -1 }),
      RangeError,
      'SGD: expected weightDecay to be a finite number of at least 0, got -1',
    )
    throws(make(param, { dampening: Number.NaN }), RangeError, 'SGD: expected dampening to be a finite number, got NaN')
    throws(
      make(param, { nesterov: true }),
      RangeError,
      'SGD: expected a momentum and no dampening with nesterov, got momentum 0, dampening 0',
    )
    throws(
      make(param, { learningRate: 1 }),
      RangeError,
      'SGD: expected options lr, momentum, dampening, weightDecay, nesterov, decoupled, maximize, got "learningRate"',
    )
    throws(
      make([{ params: param, lr: -2 }]),
      RangeError,
      'SGD: expected lr to be a finite number of at least 0, got -2',
    )
  })
})
