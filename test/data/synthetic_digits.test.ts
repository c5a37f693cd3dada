import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SyntheticDigits } from '../../lib/data/synthetic_digits.ts'

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** Mean picture of each digit, from which a digit must be recognisable better than by chance. */
function averages(dataset: SyntheticDigits): Float64Array[] {
  const sums = Array.from({ length: 10 }, () => new Float64Array(784))
  for (let i = 0; i < dataset.length; i++) {
    const pixels = dataset.pixels(i)
    const sum = sums[dataset.labels[i]]
    for (let j = 0; j < 784; j++) sum[j] += pixels[j]
  }
  for (const sum of sums) {
    const norm = Math.hypot(...sum)
    for (let j = 0; j < 784; j++) sum[j] /= norm
  }
  return sums
}

describe('SyntheticDigits', () => {
  it('is a labelled set of 28×28 grey images', () => {
    const dataset = new SyntheticDigits({ size: 40, seed: 3 })
    expect(dataset.length).toBe(40)
    const [input, target] = dataset.getBatch(Int32Array.of(0, 39))
    expect(input.shape).toEqual([2, 1, 28, 28])
    expect([...target.toTypedArray()]).toEqual([dataset.labels[0], dataset.labels[39]])
    expect(dataset.pixels(39)).toHaveLength(784)
  })

  it('gives the same bytes on every machine', () => {
    const dataset = new SyntheticDigits({ size: 100, seed: 1 })
    const pixels = Buffer.concat(Array.from({ length: 100 }, (_, i) => dataset.pixels(i)))
    expect([...dataset.labels.subarray(0, 12)]).toEqual([3, 1, 3, 2, 0, 2, 5, 1, 8, 4, 9, 4])
    expect(hash(pixels)).toBe('dfe3b015cabe7de2')
  })

  it('draws image i from the seed and i alone', () => {
    const small = new SyntheticDigits({ size: 5, seed: 2 })
    const large = new SyntheticDigits({ size: 500, seed: 2 })
    large.pixels(499)
    expect([...large.labels.subarray(0, 5)]).toEqual([...small.labels])
    for (const i of [4, 0, 2]) expect(hash(large.pixels(i))).toBe(hash(small.pixels(i)))
    const other = new SyntheticDigits({ size: 5, seed: 3 })
    expect(hash(other.pixels(0))).not.toBe(hash(small.pixels(0)))
    const test = new SyntheticDigits({ size: 5, seed: 2, train: false })
    expect(hash(test.pixels(0))).not.toBe(hash(small.pixels(0)))
  })

  it('labels each image with the digit it shows, all ten equally often', () => {
    const train = new SyntheticDigits({ size: 3000, seed: 4 })
    const counts = new Array(10).fill(0)
    for (const label of train.labels) counts[label]++
    // Four standard deviations of a count of 3000 trials at 1/10.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(66)
    const templates = averages(train)
    const test = new SyntheticDigits({ size: 500, seed: 4, train: false })
    let right = 0
    for (let i = 0; i < test.length; i++) {
      const pixels = test.pixels(i)
      const scores = templates.map((template) => template.reduce((sum, value, j) => sum + value * pixels[j], 0))
      if (scores.indexOf(Math.max(...scores)) === test.labels[i]) right++
    }
    // Position and size vary too much for templates to do well; wrong labels would give 50.
    expect(right).toBeGreaterThan(150)
  })

  it('never draws an empty image', () => {
    const dataset = new SyntheticDigits({ size: 1000, seed: 5 })
    for (let i = 0; i < dataset.length; i++) {
      expect(dataset.pixels(i).filter((pixel) => pixel > 96).length).toBeGreaterThan(12)
    }
  })

  it('is standardised by default', () => {
    const dataset = new SyntheticDigits({ size: 2000, seed: 0 })
    const values = dataset.getBatch(Int32Array.from({ length: 2000 }, (_, i) => i))[0].toTypedArray() as Float32Array
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length - mean * mean
    expect(Math.abs(mean)).toBeLessThan(0.05)
    expect(Math.abs(variance - 1)).toBeLessThan(0.08)
  })

  it('refuses sizes and seeds that make no sense', () => {
    for (const size of [0, -1, 1.5, 2 ** 31 + 1]) {
      const message = `SyntheticDigits: expected size to be an integer in [1, 2^31], got ${size}`
      expect(() => new SyntheticDigits({ size })).toThrow(message)
    }
    expect(() => new SyntheticDigits({ seed: -1 })).toThrow(
      'Generator: expected the seed to be a non-negative safe integer, got -1',
    )
  })
})
