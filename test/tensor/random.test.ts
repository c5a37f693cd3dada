import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  getGeneratorState,
  manualSeed,
  nextSeed,
  RangeError,
  rand,
  randint,
  randn,
  setGeneratorState,
} from '../../lib/index.ts'
import { randomUniform } from '../../lib/reference/index.ts'
import { throws } from '../util/throws.ts'

describe('manualSeed', () => {
  it('repeats the numbers, of every kind', () => {
    const draw = () => {
      manualSeed(7)
      return [rand([3]), randn([5]), randint(0, 100, [4]), nextSeed()].map(String)
    }
    expect(draw()).toEqual(draw())
  })
  it('gives other numbers for another seed and in the next draw', () => {
    manualSeed(7)
    const first = rand([8]).toArray()
    expect(rand([8]).toArray()).not.toEqual(first)
    manualSeed(8)
    expect(rand([8]).toArray()).not.toEqual(first)
  })
  it('reads the documented stream: one block of four words behind the other', () => {
    manualSeed(3)
    rand([5])
    const want = new Float32Array(2)
    randomUniform({ size: 2, seed: 3, offset: 2, low: 0, high: 1 }, want)
    expect(rand([2]).toTypedArray()).toEqual(want)
  })
  it('refuses what is no seed', () => {
    throws(() => manualSeed(-1), RangeError, 'manualSeed: expected seed to be an integer of at least 0, got -1')
    throws(() => manualSeed(0.5), RangeError, 'manualSeed: expected seed to be an integer of at least 0, got 0.5')
  })
})

describe('the state of the generator', () => {
  it('continues the stream', () => {
    manualSeed(1)
    randn([3])
    const state = getGeneratorState()
    const next = rand([4]).toArray()
    setGeneratorState(state)
    expect(rand([4]).toArray()).toEqual(next)
  })
  it('is checked', () => {
    throws(
      () => setGeneratorState({ seed: 1, offset: -1 }),
      RangeError,
      'setGeneratorState: expected offset to be an integer of at least 0, got -1',
    )
  })
})

describe('distributions', () => {
  const moments = (values: ArrayLike<number>) => {
    const list = Array.from(values)
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length
    return { mean, variance: list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length, list }
  }
  it('are uniform on [0, 1)', () => {
    manualSeed(0)
    const { mean, variance, list } = moments(rand([20000]).toTypedArray() as Float32Array)
    expect(mean).toBeCloseTo(0.5, 2)
    expect(variance).toBeCloseTo(1 / 12, 2)
    expect(Math.min(...list) >= 0 && Math.max(...list) < 1).toBe(true)
  })
  it('are normal with mean 0 and variance 1', () => {
    manualSeed(0)
    const { mean, variance } = moments(randn([20001]).toTypedArray() as Float32Array)
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })
  it('are integers of a range', () => {
    manualSeed(0)
    const drawn = randint(-2, 3, [500], { dtype: 'int32' })
    expect(new Set(drawn.toTypedArray() as Int32Array)).toEqual(new Set([-2, -1, 0, 1, 2]))
    expect(randint(0, 5, [1]).dtype).toBe('int64')
  })
  it('refuse what cannot be', () => {
    throws(() => randint(2, 2, [1]), RangeError, 'randint: expected low < high, got 2 and 2')
    throws(() => rand([1], { dtype: 'int32' }), DTypeError, 'rand: expected float32, got int32')
  })
})
