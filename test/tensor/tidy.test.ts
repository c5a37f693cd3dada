import { describe, expect, it } from 'vitest'
import { memory, nn, ones, optim, randn, StateError, type Tensor, tensor, tidy, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const storages = () => memory().storages

describe('tidy', () => {
  it('disposes what was made inside and keeps what is returned', () => {
    const before = storages()
    const kept = tidy(() => ones([4]).add(1).mul(2))
    expect([kept.toArray(), storages()]).toEqual([[4, 4, 4, 4], before + 1])
  })
  it('finds returned tensors in arrays, maps, sets and objects', () => {
    const before = storages()
    const kept = tidy(() => {
      zeros([1])
      return { list: [ones([1])], map: new Map([['a', ones([1])]]), set: new Set([ones([1])]), text: 'b', none: null }
    })
    expect(storages()).toBe(before + 3)
    expect([kept.list[0].item(), kept.map.get('a')?.item(), [...kept.set][0].item()]).toEqual([1, 1, 1])
  })
  it('hands what an inner scope returns to the outer one', () => {
    const before = storages()
    tidy(() => {
      const inner = tidy(() => ones([1]).add(1))
      expect(inner.item()).toBe(2)
      return undefined
    })
    expect(storages()).toBe(before)
  })
  it('disposes everything when the function throws', () => {
    const before = storages()
    const fail = () =>
      tidy(() => {
        ones([1])
        throw new Error('no')
      })
    expect(fail).toThrow('no')
    expect(storages()).toBe(before)
  })
  it('leaves tensors from outside alone', () => {
    const outside = ones([1])
    tidy(() => outside.add(1).item())
    expect(outside.item()).toBe(1)
  })
  it('leaves what backward needs to the tape, and gradients to their leaves', () => {
    const weight = tensor([2, 3], { requiresGrad: true })
    const loss = tidy(() => weight.mul(weight).exp().sum())
    loss.backward()
    expect((weight.grad as Tensor).toArray()).toEqual([
      expect.closeTo(4 * Math.exp(4), 2),
      expect.closeTo(6 * Math.exp(9), 1),
    ])
    const other = tensor([2, 3], { requiresGrad: true })
    tidy(() => other.square().sum().backward())
    expect((other.grad as Tensor).toArray()).toEqual([4, 6])
  })
  it('keeps parameters, buffers and the state of optimizers', () => {
    const model = tidy(() => new nn.Sequential(new nn.LazyLinear(4), new nn.BatchNorm1d(4)))
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
    for (let step = 0; step < 3; step++) {
      tidy(() => {
        optimizer.zeroGrad()
        model
          .forward(randn([8, 2]))
          .square()
          .mean()
          .backward()
        optimizer.step()
      })
    }
    expect(Object.values(model.stateDict()).every((entry) => !entry.disposed && entry.toTypedArray().length > 0)).toBe(
      true,
    )
    expect(optimizer.stateDict().state[0].momentumBuffer).toMatchObject({ disposed: false, shape: [4, 2] })
  })
  it('refuses a function that returns a promise', () => {
    throws(
      () => tidy(async () => 1),
      StateError,
      'tidy: expected a synchronous function, got one that returns a promise',
    )
  })
})
