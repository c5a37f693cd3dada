import { describe, expect, it } from 'vitest'
import { memory, nn, noGrad, RangeError, randn, type Tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

describe('InvertedResidual', () => {
  it('adds its input where the shape stays', () => {
    const block = new nn.InvertedResidual(4, 4, { expandRatio: 3 }).eval()
    const input = randn([2, 4, 5, 5])
    const modules = (block.conv as nn.Sequential).children()
    const branch = modules.reduce((current, module) => module.forward(current), input)
    expect(modules.map(({ constructor }) => constructor.name)).toEqual([
      ...['Conv2dNormActivation', 'Conv2dNormActivation', 'Conv2d', 'BatchNorm2d'],
    ])
    expect(block.forward(input).allclose(branch.add(input), { rtol: 1e-6, atol: 1e-6 })).toBe(true)
    for (const other of [new nn.InvertedResidual(4, 6), new nn.InvertedResidual(4, 4, { stride: 2 })]) {
      expect(other.eval().forward(input).equal(other.conv.forward(input))).toBe(true)
    }
    expect((new nn.InvertedResidual(4, 4, { expandRatio: 1 }).conv as nn.Sequential).length).toBe(3)
  })

  it('runs the hooks of the sequence inside, and leaves nothing behind without them', () => {
    const block = new nn.InvertedResidual(4, 4).eval()
    const input = randn([2, 4, 5, 5])
    const before = memory().storages
    const output = noGrad(() => block.forward(input))
    expect(memory().storages - before).toBe(1)
    const seen: Tensor[] = []
    block.conv.registerForwardHook((_, __, made) => {
      seen.push(made)
      return undefined
    })
    expect(noGrad(() => block.forward(input)).allclose(output, { rtol: 1e-6, atol: 1e-6 })).toBe(true)
    expect(seen.map(({ disposed }) => disposed)).toEqual([false])
  })

  it('refuses numbers that are none', () => {
    throws(
      () => new nn.InvertedResidual(4, 4, { expandRatio: 0 }),
      RangeError,
      'InvertedResidual: expected expandRatio to be an integer of at least 1, got 0',
    )
  })
})
