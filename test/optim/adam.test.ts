import { describe, expect, it } from 'vitest'
import { memory, nn, optim, RangeError, randn, type Tensor, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

describe('Adam', () => {
  it('maximises on demand', () => {
    const param = tensor([0], { requiresGrad: true })
    param.grad = tensor([1])
    new optim.Adam([param], { lr: 0.5, maximize: true }).step()
    expect(param.item()).toBeCloseTo(0.5, 5)
  })
  it('continues from its state', () => {
    const make = () => tensor([1, -1], { requiresGrad: true })
    const [a, b] = [make(), make()]
    const first = new optim.Adam([a], { lr: 0.1 })
    const step = (optimizer: optim.Optimizer, param: Tensor) => {
      param.grad = tensor([1, 2])
      optimizer.step()
    }
    step(first, a)
    const second = new optim.Adam([b], { lr: 0.1 })
    step(second, b)
    const fresh = new optim.Adam([b], { lr: 0.3 })
    fresh.loadStateDict(first.stateDict())
    step(first, a)
    step(fresh, b)
    expect(b.toArray()).toEqual(a.toArray())
  })
  it('leaves nothing behind but its state', () => {
    const layer = new nn.Linear(8, 8)
    const optimizer = new optim.AdamW(layer.parameters())
    layer
      .forward(randn([2, 8]))
      .sum()
      .backward()
    const before = memory().storages
    optimizer.step()
    expect(memory().storages).toBe(before + 4)
    optimizer.step()
    expect(memory().storages).toBe(before + 4)
  })
  it('refuses settings out of range', () => {
    const make = (options: object) => () => new optim.AdamW([tensor([1], { requiresGrad: true })], options)
    throws(make({ betas: [0.9, 1] }), RangeError, 'AdamW: expected betas of at least 0 and below 1, got [0.9, 1]')
    throws(make({ eps: -1 }), RangeError, 'AdamW: expected eps to be a finite number of at least 0, got -1')
    throws(
      make({ momentum: 0.9 }),
      RangeError,
      'AdamW: expected options lr, betas, eps, weightDecay, amsgrad, maximize, got "momentum"',
    )
  })
})
