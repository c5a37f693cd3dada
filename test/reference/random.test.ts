import { describe, expect, it } from 'vitest'
import { philox4x32, philoxBlock, philoxWords, randomNormal, randomUniform } from '../../lib/reference/index.ts'

function philox(counter: number[], key: number[]): string[] {
  const output = new Uint32Array(4)
  philox4x32(Uint32Array.from(counter), Uint32Array.from(key), output)
  return Array.from(output, (word) => word.toString(16).padStart(8, '0'))
}

const ones = 0xffffffff

describe('philox4x32', () => {
  it("gives Random123's known answers", () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'])
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'])
    const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]
    expect(philox(pi, [0xa4093822, 0x299f31d0])).toEqual(['d16cfe09', '94fdcceb', '5001e420', '24126ea1'])
  })

  it('takes the counter as its output', () => {
    const words = Uint32Array.from([0, 0, 0, 0])
    philox4x32(words, Uint32Array.from([0, 0]), words)
    expect(words[0]).toBe(0x6627e8d5)
  })
})

describe('philoxBlock', () => {
  const seed = 0x12_3456_789a
  const key = [0x3456789a, 0x12]

  it('splits seed and counter into low and high words', () => {
    const output = new Uint32Array(4)
    philoxBlock(seed, 7 * 2 ** 32 + 5, 3, output)
    expect(Array.from(output, (word) => word.toString(16).padStart(8, '0'))).toEqual(philox([8, 7, 0, 0], key))
  })

  it('carries from the low into the high word of the counter', () => {
    const output = new Uint32Array(4)
    philoxBlock(seed, 2 ** 32 - 1, 2, output)
    expect(Array.from(output, (word) => word.toString(16).padStart(8, '0'))).toEqual(philox([1, 1, 0, 0], key))
  })

  it('makes a stream that can be entered at any block', () => {
    const whole = philoxWords(40, seed, 100)
    expect(philoxWords(12, seed, 103)).toEqual(whole.slice(12, 24))
    expect(philoxWords(7, seed, 100)).toEqual(whole.slice(0, 7))
  })
})

function moments(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  return { mean, variance: values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length }
}

describe('randomUniform', () => {
  it('is the top 24 bits of each word', () => {
    const words = philoxWords(9, 42, 3)
    const output = new Float32Array(9)
    randomUniform({ size: 9, seed: 42, offset: 3, low: 0, high: 1 }, output)
    expect(output).toEqual(Float32Array.from(words, (word) => (word >>> 8) / 2 ** 24))
  })

  it('spreads evenly over [low, high)', () => {
    const output = new Float64Array(40_000)
    randomUniform({ size: output.length, seed: 1, offset: 0, low: -2, high: 4 }, output)
    expect(output.every((value) => value >= -2 && value < 4)).toBe(true)
    const { mean, variance } = moments(output)
    // Standard deviation 1.73: of the mean of 40,000 that is 0.0087, of the variance 0.0134.
    expect(Math.abs(mean - 1)).toBeLessThan(4 * 0.0087)
    expect(Math.abs(variance - 3)).toBeLessThan(4 * 0.0134)
  })
})

describe('randomNormal', () => {
  it('follows Box and Muller pair by pair', () => {
    const [w0, w1] = philoxWords(4, 9, 0)
    const output = new Float64Array(3)
    randomNormal({ size: 3, seed: 9, offset: 0, mean: 10, std: 2 }, output)
    const radius = Math.sqrt(-2 * Math.log((w0 + 1) / 2 ** 32))
    expect(output[0]).toBe(10 + 2 * radius * Math.cos((2 * Math.PI * w1) / 2 ** 32))
    expect(output[1]).toBe(10 + 2 * radius * Math.sin((2 * Math.PI * w1) / 2 ** 32))
    expect(Number.isFinite(output[2])).toBe(true)
  })

  it('has the mean, variance and tails of a normal distribution', () => {
    const output = new Float64Array(40_000)
    randomNormal({ size: output.length, seed: 5, offset: 0, mean: 0, std: 1 }, output)
    const { mean, variance } = moments(output)
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(40_000))
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 40_000))
    const beyondTwo = output.filter((value) => Math.abs(value) > 2).length / output.length
    // 0.0455, with a standard deviation of 0.00104.
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(4 * 0.00104)
  })
})
