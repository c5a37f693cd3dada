import { describe, expect, it } from 'vitest'
import { centerCrop, pad, randomCrop } from '../../../lib/data/transforms/crop.ts'
import { permute } from '../../../lib/ops/permute.ts'
import { applied, batch, streams, values } from './batches.ts'

const row = [1, 2, 3, 4, 5]

describe('randomCrop', () => {
  it('cuts every window of the padded image equally often', () => {
    const count = 6000
    const images = batch([count, 1, 5, 1], Array.from({ length: count }, () => row).flat())
    const cut = applied(randomCrop([1, 3], { padding: [0, 2] }), images)
    const seen = new Map<string, number>()
    for (let n = 0; n < count; n++) {
      const key = cut.slice(3 * n, 3 * n + 3).join('')
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual(['001', '012', '123', '234', '345', '450', '500'])
    // 857 expected, standard deviation 27.
    for (const times of seen.values()) expect(Math.abs(times - 857)).toBeLessThan(140)
  })

  it('fills what lies outside as it is told', () => {
    const cut = (paddingMode: 'constant' | 'edge' | 'reflect' | 'symmetric', fill: number | number[] = 9) =>
      applied(randomCrop([1, 9], { padding: [0, 2], paddingMode, fill }), batch([1, 1, 5, 1], row))
    expect(cut('constant')).toEqual([9, 9, 1, 2, 3, 4, 5, 9, 9])
    expect(cut('edge')).toEqual([1, 1, 1, 2, 3, 4, 5, 5, 5])
    expect(cut('reflect')).toEqual([3, 2, 1, 2, 3, 4, 5, 4, 3])
    expect(cut('symmetric')).toEqual([2, 1, 1, 2, 3, 4, 5, 5, 4])
    const colour = pad(1, { fill: [7, 8] })
    const images = batch([1, 1, 1, 2], [1, 2])
    expect(applied(colour, images)).toEqual([7, 8, 7, 8, 7, 8, 7, 8, 1, 2, 7, 8, 7, 8, 7, 8, 7, 8])
  })

  it('gives the tensor of the same pixels', () => {
    const transform = randomCrop(6, { padding: 3, fill: 100 })
    const shape: [number, number, number, number] = [20, 7, 8, 3]
    const [images, same] = [batch(shape), batch(shape)]
    transform.apply(images, streams())
    const pixels = applied(transform, same)
    const tensor = permute(images.toTensor(0, 1 / 255), [0, 2, 3, 1])
    expect([...tensor.toTypedArray()].map((value) => Math.round(Number(value)))).toEqual(pixels)
  })

  it('refuses what does not fit', () => {
    const cut = randomCrop(8, { padding: 1 })
    expect(() => cut.apply(batch([1, 5, 9, 1]), streams())).toThrow(
      'randomCrop: expected images of at least 8x8 with padding 1x1, got 5x9',
    )
    expect(() => randomCrop(0)).toThrow('randomCrop: expected size to be an integer of at least 1, got 0')
    expect(() => randomCrop(3, { paddingMode: 'wrap' as 'edge' })).toThrow(
      'randomCrop: expected paddingMode to be one of "constant", "edge", "reflect", "symmetric", got "wrap"',
    )
    expect(() => randomCrop(3, { pading: 1 } as object)).toThrow(
      'randomCrop: expected options padding, fill, paddingMode, got "pading"',
    )
  })
})

describe('centerCrop and pad', () => {
  it('cut the middle, with black around it where it is too small', () => {
    expect(applied(centerCrop([1, 3]), batch([1, 1, 5, 1], row))).toEqual([2, 3, 4])
    // As in torchvision: half a pixel too many is rounded to even.
    expect(applied(centerCrop([1, 2]), batch([1, 1, 5, 1], row))).toEqual([3, 4])
    expect(applied(centerCrop([1, 4]), batch([1, 1, 5, 1], row))).toEqual([1, 2, 3, 4])
    expect(applied(centerCrop([1, 9]), batch([1, 1, 5, 1], row))).toEqual([0, 0, 1, 2, 3, 4, 5, 0, 0])
  })

  it('see only what a crop before left', () => {
    const images = batch([1, 1, 5, 1], row)
    centerCrop([1, 3]).apply(images, streams())
    pad([0, 1], { paddingMode: 'edge' }).apply(images, streams())
    expect(values(images)).toEqual([2, 2, 3, 4, 4])
    const padded = batch([1, 1, 5, 1], row)
    pad([0, 1], { fill: 9 }).apply(padded, streams())
    centerCrop([1, 9]).apply(padded, streams())
    expect(values(padded)).toEqual([0, 9, 1, 2, 3, 4, 5, 9, 0])
  })
})
