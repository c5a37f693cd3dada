import { describe, expect, it } from 'vitest'
import { ImageDataset } from '../../lib/data/image_dataset.ts'

const grey = () => Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => 10 * i)
const colour = () => Uint8Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => 10 * i)

describe('ImageDataset', () => {
  it('normalises the images asked for, in that order', () => {
    const dataset = new ImageDataset(grey(), [7, 8, 9], { shape: [3, 1, 2, 4], mean: 0.5, std: 0.25 })
    expect(dataset.length).toBe(3)
    const [input, target] = dataset.getBatch(Int32Array.of(2, 0, 2))
    expect(input.shape).toEqual([3, 1, 2, 4])
    expect(input.dtype).toBe('float32')
    expect(target.dtype).toBe('int32')
    expect(target.toArray()).toEqual([9, 7, 9])
    const float = (pixel: number) => Math.fround((pixel / 255 - 0.5) / 0.25)
    const image = (n: number) => Array.from(grey().subarray(8 * n, 8 * n + 8), float)
    expect([...input.toTypedArray()]).toEqual([...image(2), ...image(0), ...image(2)])
  })

  it('scales to [0, 1] by default', () => {
    const dataset = new ImageDataset(Uint8Array.of(0, 51, 255), [0], { shape: [1, 1, 1, 3] })
    expect([...dataset.getBatch(Int32Array.of(0))[0].toTypedArray()]).toEqual([0, Math.fround(0.2), 1])
  })

  it('gives colour images channels-last in memory and NCHW to the eye', () => {
    const shape = [2, 3, 2, 2]
    const dataset = new ImageDataset(colour(), [0, 1], { shape, mean: [0, 0.1, 0.2], std: [1, 2, 4] })
    const [input] = dataset.getBatch(Int32Array.of(1, 0))
    expect(input.shape).toEqual(shape)
    expect(input.isContiguous('channelsLast')).toBe(true)
    expect(input.isContiguous()).toBe(false)
    const float = (pixel: number, i: number) => {
      const c = Math.floor(i / 4) % 3
      return Math.fround((pixel / 255 - [0, 0.1, 0.2][c]) / [1, 2, 4][c])
    }
    const pixels = colour()
    const reordered = [...pixels.subarray(12), ...pixels.subarray(0, 12)]
    expect([...input.toTypedArray()]).toEqual(reordered.map(float))
  })

  it('gives an empty batch for no indices', () => {
    const dataset = new ImageDataset(grey(), [7, 8, 9], { shape: [3, 1, 2, 4] })
    const [input, target] = dataset.getBatch(new Int32Array(0))
    expect(input.shape).toEqual([0, 1, 2, 4])
    expect(target.shape).toEqual([0])
  })

  it('measures the pixels per channel and standardises with what it measured', () => {
    const dataset = new ImageDataset(colour(), [0, 1], { shape: [2, 3, 2, 2] })
    const { mean, std } = dataset.statistics([1])
    // Image 1, channel 0: 120, 130, 140, 150.
    expect(mean[0]).toBeCloseTo(135 / 255, 12)
    expect(std[0]).toBeCloseTo(Math.sqrt(125) / 255, 12)
    expect(mean).toHaveLength(3)
    dataset.normalize({ mean, std })
    const values = dataset.getBatch(Int32Array.of(1))[0].toTypedArray() as Float32Array
    const first = values.subarray(0, 4)
    expect(first.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5)
    expect(first.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(4, 5)
    expect(dataset.statistics().mean[0]).toBeCloseTo(75 / 255, 12)
  })

  it('refuses arrays that do not fit together', () => {
    expect(() => new ImageDataset(grey(), [7, 8, 9], { shape: [3, 2, 4] })).toThrow(
      'ImageDataset: expected a shape [N, C, H, W] of 24 pixels, got [3, 2, 4]',
    )
    expect(() => new ImageDataset(grey(), [7, 8, 9], { shape: [3, 1, 2, 5] })).toThrow(
      'ImageDataset: expected a shape [N, C, H, W] of 24 pixels, got [3, 1, 2, 5]',
    )
    expect(() => new ImageDataset(grey(), [7, 8], { shape: [3, 1, 2, 4] })).toThrow(
      'ImageDataset: expected one label per image (3), got 2',
    )
    expect(() => new ImageDataset([0] as unknown as Uint8Array, [0], { shape: [1, 1, 1, 1] })).toThrow(
      'ImageDataset: expected the images as a Uint8Array',
    )
  })

  it('refuses labels and normalizations that make no sense', () => {
    const make = (label: number, options = {}) =>
      new ImageDataset(Uint8Array.of(1), [label], { shape: [1, 1, 1, 1], ...options })
    for (const label of [-1, 0.5, Number.NaN, 2 ** 31]) {
      expect(() => make(label)).toThrow(`ImageDataset: expected class indices in [0, 2^31), got ${label} at position 0`)
    }
    expect(() => make(0, { std: 0 })).toThrow('ImageDataset: expected a positive std, got 0')
    expect(() => make(0, { mean: Number.NaN })).toThrow(
      'ImageDataset: expected one finite mean or one per channel (1), got NaN',
    )
    expect(() => make(0, { std: [1, 2] })).toThrow(
      'ImageDataset: expected one finite std or one per channel (1), got 1,2',
    )
  })
})
