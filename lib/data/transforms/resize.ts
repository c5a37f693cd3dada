import { checkChoice, checkInteger, checkOptions, type Pair, toPair } from '../../util/check.ts'
import { checkRange } from './random_erasing.ts'
import { Resampler } from './resampler.ts'
import { described, type Transform } from './transform.ts'

/** How pixels are made where an image changes its size. */
export interface ResizeOptions {
  /** `bilinear`, with the triangle widened where the image shrinks, or `nearest`. Default `bilinear`. */
  interpolation?: 'bilinear' | 'nearest'
}

/** Which windows {@link randomResizedCrop} draws. */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** Range of the part of the image's area, within (0, 1]. Default [0.08, 1]. */
  scale?: readonly [number, number]
  /** Range of width over height, above 0. Default [3/4, 4/3]. */
  ratio?: readonly [number, number]
}

/**
 * Resizes each image.
 *
 * @param size - `[height, width]`, or one number for the shorter side, the longer one in proportion.
 * @throws {RangeError} when a number is not a positive integer.
 *
 * @example
 * transforms.compose([transforms.resize(256), transforms.centerCrop(224)])
 */
export function resize(size: Pair, options: ResizeOptions = {}): Transform {
  const op = 'resize'
  checkOptions(op, options, ['interpolation'])
  const interpolation = checkInterpolation(op, options)
  const fixed = typeof size === 'number' ? null : toPair(op, 'size', size, 1)
  if (fixed === null) checkInteger(op, 'size', size as number, 1)
  return described(import.meta.url, op, [size, options], (images) => {
    const { height, width } = images
    const [oh, ow] = fixed ?? shorterSide(height, width, size as number)
    if (oh === height && ow === width) return
    const pixels = images.pixels(op)
    const resampler = new Resampler(height, width, images.channels, oh, ow, interpolation)
    const output = new Uint8Array(images.length * oh * ow * images.channels)
    const whole = { top: 0, left: 0, height, width }
    for (let n = 0; n < images.length; n++) resampler.run(pixels, n, whole, output)
    images.replace(output, oh, ow)
  })
}

function shorterSide(height: number, width: number, size: number): [number, number] {
  // Truncated, as torchvision does.
  return height <= width ? [size, Math.trunc((size * width) / height)] : [Math.trunc((size * height) / width), size]
}

/** Places that are tried before the largest window of fitting proportions is taken. */
const TRIES = 10

/**
 * Cuts a window of random size, proportions and place out of each image and resizes it: the augmentation of ImageNet
 * training (Szegedy et al. 2015).
 *
 * @param size - height and width of the result, or `[height, width]`.
 * @throws {RangeError} when a number is not a positive integer or a range is none.
 *
 * @example
 * transforms.randomResizedCrop(224)
 */
export function randomResizedCrop(size: Pair, options: RandomResizedCropOptions = {}): Transform {
  const op = 'randomResizedCrop'
  checkOptions(op, options, ['scale', 'ratio', 'interpolation'])
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options
  const interpolation = checkInterpolation(op, options)
  const [oh, ow] = toPair(op, 'size', size, 1)
  checkRange(op, 'scale', scale, 1)
  checkRange(op, 'ratio', ratio, Number.POSITIVE_INFINITY)
  return described(import.meta.url, op, [size, options], (images, streams) => {
    const { height, width, channels } = images
    const pixels = images.pixels(op)
    const resampler = new Resampler(height, width, channels, oh, ow, interpolation)
    const output = new Uint8Array(images.length * oh * ow * channels)
    for (let n = 0; n < images.length; n++) {
      const stream = streams.of(n)
      const draw = () => {
        const area = height * width * stream.uniform(scale[0], scale[1])
        const aspect = Math.exp(stream.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
        return [Math.round(Math.sqrt(area / aspect)), Math.round(Math.sqrt(area * aspect))]
      }
      let window = middle(height, width, ratio)
      for (let turn = 0; turn < TRIES; turn++) {
        const [h, w] = draw()
        if (h < 1 || w < 1 || h > height || w > width) continue
        const [top, left] = [stream.integer(height - h + 1), stream.integer(width - w + 1)]
        window = { top, left, height: h, width: w }
        break
      }
      resampler.run(pixels, n, window, output)
    }
    images.replace(output, oh, ow)
  })
}

function middle(height: number, width: number, [low, high]: readonly [number, number]) {
  const aspect = Math.min(high, Math.max(low, width / height))
  const [h, w] = width / height < aspect ? [Math.round(width / aspect), width] : [height, Math.round(height * aspect)]
  return { top: Math.trunc((height - h) / 2), left: Math.trunc((width - w) / 2), height: h, width: w }
}

function checkInterpolation(op: string, { interpolation = 'bilinear' }: ResizeOptions): 'bilinear' | 'nearest' {
  return checkChoice(op, 'interpolation', interpolation, ['bilinear', 'nearest'])
}
