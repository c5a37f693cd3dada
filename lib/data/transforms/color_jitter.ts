import { checkOptions } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, type Picture } from './color.ts'
import type { ImageBatch } from './image_batch.ts'
import { described, type Transform } from './transform.ts'

/** A factor from `max(0, 1 − number)` to `1 + number`, or a range. */
type Factor = number | readonly [number, number]

/**
 * How far {@link colorJitter} may go; a factor is a number, for `max(0, 1 − number)` to `1 + number`, or a range of at
 * least 0.
 */
export interface ColorJitterOptions {
  /** Factor of all channels. Default 0. */
  brightness?: Factor
  /** Factor of the distance from the mean grey of the image. Default 0. */
  contrast?: Factor
  /** Factor of the distance from the grey of each pixel. Default 0. */
  saturation?: Factor
  /** Part of the circle of hues: from `−hue` to `hue`, at most 0.5, or a range. Default 0. */
  hue?: number | readonly [number, number]
}

const changes = [adjustBrightness, adjustContrast, adjustSaturation, adjustHue] as const

/**
 * Changes brightness, contrast, saturation and hue of each image by random amounts, in random order.
 *
 * @throws {RangeError} when a range is none.
 *
 * @example
 * transforms.colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.05 })
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  const op = 'colorJitter'
  checkOptions(op, options, ['brightness', 'contrast', 'saturation', 'hue'])
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options
  const ranges = [
    factorRange(op, 'brightness', brightness),
    factorRange(op, 'contrast', contrast),
    factorRange(op, 'saturation', saturation),
    hueRange(op, hue),
  ]
  return described(import.meta.url, op, [options], (images, streams) => {
    eachPicture(op, images, (picture, n) => {
      const stream = streams.of(n)
      for (const which of stream.permutation(changes.length)) {
        const [low, high] = ranges[which]
        // Only what can change anything draws.
        const neutral = which === 3 ? 0 : 1
        if (low !== neutral || high !== neutral) changes[which](picture, stream.uniform(low, high))
      }
    })
  })
}

/** Changes every image of a batch by itself, on a copy of the pixels. */
export function eachPicture(op: string, images: ImageBatch, change: (picture: Picture, n: number) => void): void {
  const { length, height, width, channels } = images
  const pixels = images.pixels(op).slice()
  const size = height * width * channels
  for (let n = 0; n < length; n++) {
    change({ pixels: pixels.subarray(n * size, (n + 1) * size), height, width, channels }, n)
  }
  images.replace(pixels, height, width)
}

function factorRange(op: string, name: string, value: Factor): readonly [number, number] {
  const [low, high] = typeof value === 'number' ? [Math.max(0, 1 - value), 1 + value] : value
  if (
    !((value as number) >= 0 || Array.isArray(value)) ||
    !(low >= 0 && low <= high && high < Number.POSITIVE_INFINITY)
  ) {
    throw new RangeError(`${op}: expected ${name} to be a number of at least 0 or a range of such, got ${value}`)
  }
  return [low, high]
}

function hueRange(op: string, value: number | readonly [number, number]): readonly [number, number] {
  const [low, high] = typeof value === 'number' ? [-value, value] : value
  if (!(low >= -0.5 && low <= high && high <= 0.5)) {
    throw new RangeError(`${op}: expected hue to be a number in [0, 0.5] or a range in [-0.5, 0.5], got ${value}`)
  }
  return [low, high]
}
