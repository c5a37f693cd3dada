import { describe, expect, it } from 'vitest'
import { Generator } from '../../lib/data/generator.ts'
import { philoxBlock } from '../../lib/reference/random.ts'

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next)

describe('Generator', () => {
  it('gives the words of the Philox stream that its seed names', () => {
    const generator = new Generator(7)
    const words = draw(8, () => generator.uint32())
    const block = new Uint32Array(4)
    philoxBlock(7, 0, 0, block)
    expect(words.slice(0, 4)).toEqual([...block])
    philoxBlock(7, 0, 1, block)
    expect(words.slice(4)).toEqual([...block])
    expect(words.slice(0, 3)).toEqual([0xf4607a2d, 0xc009f9dc, 0x1d3aba42])
  })

  it('uses all 53 bits of the seed', () => {
    expect(new Generator(2 ** 32).uint32()).not.toBe(new Generator(0).uint32())
    expect(new Generator(2 ** 53 - 1).normal()).toBe(-1.3785447726166988)
  })

  it('draws uniform numbers of 24 bits inside the interval, evenly', () => {
    const generator = new Generator(1)
    const numbers = draw(20_000, () => generator.uniform(-2, 6))
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...numbers)).toBeLessThan(6)
    expect(numbers.every((value) => Number.isInteger(((value + 2) / 8) * 2 ** 24))).toBe(true)
    // The mean of 20,000 has standard deviation 8 / sqrt(12 * 20000) = 0.016.
    expect(numbers.reduce((sum, value) => sum + value, 0) / 20_000).toBeCloseTo(2, 1)
  })

  it('draws normal numbers with the asked mean and standard deviation', () => {
    const generator = new Generator(2)
    const numbers = draw(20_000, () => generator.normal(3, 2))
    const mean = numbers.reduce((sum, value) => sum + value, 0) / 20_000
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20_000
    // Four standard deviations of each estimate.
    expect(Math.abs(mean - 3)).toBeLessThan(0.057)
    expect(Math.abs(variance - 4)).toBeLessThan(0.16)
  })

  it('draws integers below a bound without favouring any', () => {
    const generator = new Generator(3)
    // Two thirds of the words are below 2^32 - 2^32 % bound; taking all words mod bound would give 0 twice as often.
    const bound = 2 ** 31 + 2 ** 30
    const low = draw(4000, () => generator.integer(bound)).filter((value) => value < 2 ** 30).length
    expect(Math.abs(low - 4000 / 3)).toBeLessThan(4 * Math.sqrt((4000 * 2) / 9))
    const counts = new Array(6).fill(0)
    for (let i = 0; i < 6000; i++) counts[generator.integer(6)]++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000))
  })

  it('allows every bound up to 2^32', () => {
    const whole = new Generator(4)
    expect(whole.integer(2 ** 32)).toBe(new Generator(4).uint32())
    expect(whole.integer(1)).toBe(0)
  })

  it('permutes', () => {
    expect([...new Generator(7).permutation(8)]).toEqual([2, 1, 4, 3, 6, 0, 7, 5])
    expect([...new Generator(9).permutation(500)].sort((a, b) => a - b)).toEqual(draw(500, () => 0).map((_, i) => i))
    expect([...new Generator(9).permutation(0)]).toEqual([])
    expect([...new Generator(9).permutation(1)]).toEqual([0])
  })

  it('reaches every order equally often', () => {
    const counts = new Map<string, number>()
    const generator = new Generator(11)
    for (let i = 0; i < 6000; i++) {
      const order = generator.permutation(3).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210'])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000))
  })

  it('forks into streams that do not depend on what was drawn', () => {
    const fresh = new Generator(7)
    const used = new Generator(7)
    used.permutation(100)
    expect(used.fork(3).seed).toBe(fresh.fork(3).seed)
    expect(fresh.fork(3).seed).toBe(4852774862840464)
    expect(new Set(draw(1000, () => 0).map((_, i) => fresh.fork(i).seed)).size).toBe(1000)
    expect(fresh.fork(2 ** 32).seed).not.toBe(fresh.fork(0).seed)
  })

  it('refuses what is no seed, bound or index', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const message = `Generator: expected the seed to be a non-negative safe integer, got ${seed}`
      expect(() => new Generator(seed)).toThrow(message)
    }
    for (const bound of [0, 1.5, 2 ** 32 + 1]) {
      const message = `Generator: expected an integer bound in [1, 2^32], got ${bound}`
      expect(() => new Generator(0).integer(bound)).toThrow(message)
    }
    const message = 'Generator: expected the index of a fork to be a non-negative safe integer, got -1'
    expect(() => new Generator(0).fork(-1)).toThrow(message)
  })
})
