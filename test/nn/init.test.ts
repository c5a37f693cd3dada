import { describe, expect, it } from 'vitest'
import { manualSeed, nn, RangeError, randn, ShapeError, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const { init } = nn
const stats = (values: ArrayLike<number>) => {
  const list = Array.from(values)
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length
  const std = Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length)
  return { mean, std, largest: Math.max(...list.map(Math.abs)) }
}
const weight = () => zeros([64, 16, 3, 3])
const floats = (input: { toTypedArray(): unknown }) => input.toTypedArray() as Float32Array

describe('init', () => {
  it('fills evenly, normally and with constants, and returns the tensor', () => {
    manualSeed(1)
    const target = weight()
    expect(init.uniform(target, { a: -2, b: 4 })).toBe(target)
    expect([stats(floats(target)).mean, stats(floats(target)).std]).toEqual([
      expect.closeTo(1, 1),
      expect.closeTo(Math.sqrt(3), 1),
    ])
    const normal = stats(floats(init.normal(weight(), { mean: 3, std: 2 })))
    expect([normal.mean, normal.std]).toEqual([expect.closeTo(3, 1), expect.closeTo(2, 1)])
    expect([init.constant(zeros([1]), 5).item(), init.ones(zeros([1])).item(), init.zeros(randn([1])).item()]).toEqual([
      5, 1, 0,
    ])
  })
  it('keeps the variance by fan in or fan out', () => {
    manualSeed(2)
    const bound = Math.sqrt(3) * Math.sqrt(2 / 144)
    expect(stats(floats(init.kaimingUniform(weight(), { nonlinearity: 'relu' }))).largest).toBeCloseTo(bound, 2)
    expect(stats(floats(init.kaimingNormal(weight(), { mode: 'fanOut' }))).std).toBeCloseTo(Math.sqrt(2 / 576), 2)
    expect(stats(floats(init.xavierUniform(weight()))).largest).toBeCloseTo(Math.sqrt(6 / 720), 2)
    expect(stats(floats(init.xavierNormal(weight(), { gain: 2 }))).std).toBeCloseTo(2 * Math.sqrt(2 / 720), 2)
  })
  it("knows PyTorch's gains", () => {
    expect([
      init.calculateGain('linear'),
      init.calculateGain('sigmoid'),
      init.calculateGain('tanh'),
      init.calculateGain('relu'),
      init.calculateGain('leakyRelu'),
      init.calculateGain('leakyRelu', Math.sqrt(5)),
      init.calculateGain('selu'),
    ]).toEqual([1, 1, 5 / 3, Math.SQRT2, Math.sqrt(2 / (1 + 0.01 ** 2)), expect.closeTo(Math.sqrt(1 / 3), 12), 0.75])
  })
  it('writes to parameters and to tensors with gaps', () => {
    const layer = new nn.Linear(2, 2)
    expect(init.constant(layer.weight, 3).toArray()).toEqual([
      [3, 3],
      [3, 3],
    ])
    const whole = zeros([2, 4])
    init.constant(whole.slice(1, 0, 4, 2), 1)
    expect(whole.toArray()).toEqual([
      [1, 0, 1, 0],
      [1, 0, 1, 0],
    ])
  })
  it('refuses what it cannot do', () => {
    throws(
      () => init.kaimingUniform(zeros([3])),
      ShapeError,
      'init: expected a weight of at least 2 dimensions, got 1; weight [3]',
    )
    throws(
      () => init.calculateGain('gelu' as never),
      RangeError,
      'init: expected nonlinearity to be one of "linear", "sigmoid", "tanh", "relu", "leakyRelu", "selu", got "gelu"',
    )
    throws(
      () => init.kaimingNormal(zeros([2, 2]), { mode: 'fan_in' as never }),
      RangeError,
      'init: expected mode to be one of "fanIn", "fanOut", got "fan_in"',
    )
    throws(
      () => init.uniform(zeros([1]), { a: 1, b: 0 }),
      RangeError,
      'init.uniform: expected low <= high, got 1 and 0',
    )
    throws(
      () => init.normal(zeros([1]), { std: -1 }),
      RangeError,
      'init.normal: expected std to be a finite number of at least 0, got -1',
    )
  })
})
