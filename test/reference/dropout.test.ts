import { describe, expect, it } from 'vitest'
import { dropout, philoxWords } from '../../lib/reference/index.ts'

const place = { channelwise: false, seed: 8, offset: 1 }
const problem = { n: 2, spatial: 3, c: 4, p: 0.25, scale: 4 / 3, shift: 0, dropped: 0, ...place }

describe('dropout', () => {
  it('keeps the elements whose word is at least p · 2³², scaled', () => {
    const words = philoxWords(24, 8, 1)
    const output = new Float64Array(24)
    dropout(problem, new Float64Array(24).fill(3), output)
    expect(output).toEqual(Float64Array.from(words, (word) => (word >= 2 ** 30 ? 4 : 0)))
    expect(new Set(output).size).toBe(2)
  })

  it('keeps the element whose word is the threshold itself', () => {
    const word = philoxWords(24, 8, 1)[7]
    const output = new Float64Array(24)
    dropout({ ...problem, p: word / 2 ** 32 }, new Float64Array(24).fill(1), output)
    expect(output[7]).toBeGreaterThan(0)
  })

  it('takes one word for a whole channel of an image', () => {
    const words = philoxWords(8, 8, 1)
    const output = new Float64Array(24)
    dropout({ ...problem, channelwise: true }, new Float64Array(24).fill(3), output)
    for (let i = 0; i < 24; i++) {
      const channel = Math.floor(i / 12) * 4 + (i % 4)
      expect(output[i]).toBe(words[channel] >= 2 ** 30 ? 4 : 0)
    }
  })

  it('shifts what it keeps, and puts another number for the rest', () => {
    const words = philoxWords(24, 8, 1)
    const output = new Float64Array(24)
    dropout({ ...problem, scale: 2, shift: 0.5, dropped: -7 }, new Float64Array(24).fill(3), output)
    expect(output).toEqual(Float64Array.from(words, (word) => (word >= 2 ** 30 ? 6.5 : -7)))
  })

  it('drops everything for p = 1 and nothing for p = 0', () => {
    const output = new Float64Array(24)
    dropout({ ...problem, p: 1 }, new Float64Array(24).fill(3), output)
    expect(new Set(output)).toEqual(new Set([0]))
    dropout({ ...problem, p: 0, scale: 1 }, new Float64Array(24).fill(3), output)
    expect(new Set(output)).toEqual(new Set([3]))
  })
})
