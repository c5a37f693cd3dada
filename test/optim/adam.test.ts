import { describe, expect, it } from 'vitest'
import { memory, nn, optim, RangeError, randn, type Tensor, tensor } from '../../lib/index.ts'
import { expectGolden, floats, type GoldenCase, goldenCases } from '../support/golden.ts'
import { toTensor } from '../support/golden_op.ts'
import { throws } from '../util/throws.ts'

const names: Record<string, string> = { weight_decay: 'weightDecay' }

function follow(golden: GoldenCase, make: (params: Tensor[], options: object) => optim.Optimizer): void {
  const { steps, ...args } = golden.args
  const options = Object.fromEntries(Object.entries(args).map(([name, value]) => [names[name] ?? name, value]))
  const keys = Object.keys(golden.inputs).filter((name) => name.startsWith('param'))
  const params = keys.map((name) => toTensor(golden.inputs[name], true))
  const optimizer = make(params, options)
  const history: number[][] = params.map(() => [])
  for (let step = 0; step < (steps as number); step++) {
    params.forEach((param, i) => {
      const grads = floats(golden.inputs[`grad${i}`]) as Float32Array
      param.grad = toTensor({ shape: [...param.shape], data: grads.slice(step * param.size, (step + 1) * param.size) })
    })
    optimizer.step()
    params.forEach((param, i) => {
      history[i].push(...(param.toTypedArray() as Float32Array))
    })
  }
  keys.forEach((name, i) => {
    expectGolden(golden, name, history[i])
  })
}

describe('against PyTorch', () => {
  for (const golden of goldenCases('Adam')) {
    it(golden.name, () => follow(golden, (params, options) => new optim.Adam(params, options)))
  }
  for (const golden of goldenCases('AdamW')) {
    it(golden.name, () => follow(golden, (params, options) => new optim.AdamW(params, options)))
  }
})

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
