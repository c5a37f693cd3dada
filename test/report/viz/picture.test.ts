import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { rangesOf } from '../../../lib/report/viz/moments.ts'
import { enlarge, rangeOf, tile, toPicture, toPictureData, toPng } from '../../../lib/report/viz/picture.ts'

const dots = (pixels: number[], width: number) => {
  return { width, height: pixels.length / width, channels: 1, pixels: Uint8Array.from(pixels) }
}

describe('pictures', () => {
  it('map a range of values to 0 … 255, rounded and kept inside', () => {
    const values = [-1, 0, 0.5, 1, 2, Number.NaN]
    expect([...toPicture(values, 0, [1, 2, 3], [[0, 1]]).pixels]).toEqual([0, 0, 128, 255, 255, 0])
    // Two channels of planes become pixels of two bytes, each with a range of its own.
    const both = toPicture(
      [0, 1, 2, 4],
      0,
      [2, 1, 2],
      [
        [0, 1],
        [0, 4],
      ],
    )
    expect([...both.pixels]).toEqual([0, 128, 255, 255])
  })

  it('find the range of what is finite', () => {
    expect(rangeOf([3, Number.NaN, -2, Number.POSITIVE_INFINITY])).toEqual([-2, 3])
    expect(rangeOf([Number.NaN])).toEqual([0, 1])
    expect(rangeOf([9, 1, 2], 1)).toEqual([1, 2])
  })

  it('know what black and white became under a normalization', () => {
    expect(rangesOf({ mean: 0.5, std: [0.25, 0.5] }, 2)).toEqual([
      [-2, 2],
      [-1, 1],
    ])
    expect(rangesOf({}, 3)).toBeNull()
  })

  it('stand beside and below each other', () => {
    const [a, b, c] = [dots([1, 2], 2), dots([3, 4], 2), dots([5, 6], 2)]
    const made = tile([a, b, c], 2, 1, 9)
    expect([made.width, made.height]).toEqual([7, 5])
    expect([...made.pixels]).toEqual([
      ...[9, 9, 9, 9, 9, 9, 9],
      ...[9, 1, 2, 9, 3, 4, 9],
      ...[9, 9, 9, 9, 9, 9, 9],
      ...[9, 5, 6, 9, 9, 9, 9],
      ...[9, 9, 9, 9, 9, 9, 9],
    ])
    expect([...tile([a], 8, 1, null).pixels.slice(8, 16)]).toEqual([0, 0, 1, 255, 2, 255, 0, 0])
  })

  it('grow by whole factors', () => {
    expect([...enlarge(dots([1, 2], 2), 2).pixels]).toEqual([1, 1, 2, 2, 1, 1, 2, 2])
  })

  it('are PNG files that other programs read', () => {
    const picture = dots([0, 100, 200, 255], 2)
    expect(decode(toPng(picture))).toMatchObject({ width: 2, height: 2, channels: 1, data: picture.pixels })
    const { url } = toPictureData(picture)
    expect(decode(Buffer.from(url.split(',')[1], 'base64')).data).toEqual(picture.pixels)
  })
})
