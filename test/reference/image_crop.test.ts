import { expect, it } from 'vitest'
import { type CropMode, type ImageCropProblem, imageCrop, LEVELS } from '../../lib/reference/image_crop.ts'

/** Pixel value plus a thousand for each channel; what lies outside is −1. */
const levelsOf = (c: number) =>
  Float32Array.from({ length: c * LEVELS }, (_, i) =>
    i % LEVELS === 256 ? -1 : 1000 * Math.floor(i / LEVELS) + (i % LEVELS),
  )

function crop(sizes: Partial<ImageCropProblem>, pixels: number[], placement: number[], painted?: number[]): number[] {
  const problem: ImageCropProblem = {
    ...{
      n: 1,
      c: 1,
      ih: 1,
      iw: pixels.length,
      oh: 1,
      ow: pixels.length,
      rectangles: painted ? 1 : 0,
      mode: 'constant',
    },
    ...sizes,
  }
  const { n, c, oh, ow } = problem
  const output = new Float32Array(n * c * oh * ow)
  const rectangles = painted ? Int32Array.from(painted) : null
  const values = painted ? new Float32Array(c).fill(-7) : null
  const placed = Int32Array.from(placement)
  imageCrop(problem, Uint8Array.from(pixels), placed, levelsOf(c), rectangles, values, output)
  return [...output]
}

it('cuts, flips and looks up', () => {
  const pixels = [1, 2, 3, 4, 5, 6]
  const sizes = { ih: 2, iw: 3, oh: 2, ow: 2 }
  expect(crop(sizes, pixels, [0, 1, 0, 0])).toEqual([2, 3, 5, 6])
  expect(crop(sizes, pixels, [0, 1, 0, 1])).toEqual([3, 2, 6, 5])
  expect(crop(sizes, pixels, [0, 1, 1, 0])).toEqual([5, 6, 2, 3])
  expect(crop(sizes, pixels, [1, 2, 0, 0])).toEqual([6, -1, -1, -1])
  expect(crop({ c: 2, iw: 2, ow: 2 }, [1, 2, 3, 4], [0, 0, 0, 1])).toEqual([3, 1004, 1, 1002])
})

it('continues an image past its border as numpy.pad does', () => {
  const row = (mode: CropMode) => crop({ mode, iw: 3, ow: 11 }, [1, 2, 3], [0, -4, 0, 0])
  expect(row('constant')).toEqual([-1, -1, -1, -1, 1, 2, 3, -1, -1, -1, -1])
  expect(row('edge')).toEqual([1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3])
  expect(row('reflect')).toEqual([1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3])
  expect(row('symmetric')).toEqual([3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1])
  expect(crop({ mode: 'reflect', iw: 1, ow: 3 }, [9], [0, -1, 0, 0])).toEqual([9, 9, 9])
})

it('paints rectangles over, as far as they lie in the output', () => {
  const painted = crop({ ih: 3, iw: 3, oh: 3, ow: 3 }, [1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 0, 0, 0], [1, 1, 9, 2])
  expect(painted).toEqual([1, 2, 3, 4, -7, 6, 7, -7, 9])
})
