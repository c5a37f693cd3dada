import { checkFinite, checkOptions, checkUnitInterval } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import { checkRange } from './random_erasing.ts'
import { described, type Transform } from './transform.ts'
import { checkInterpolation, type Interpolation, inverseAffine, warp } from './warp.ts'

/** A range of numbers: `[low, high]`, or one number for `[−number, number]`. */
export type Spread = number | readonly [number, number]

/** How a turned image is resampled, and what fills the corners that come from outside it. */
export interface RotationOptions {
  /** `nearest` or `bilinear`. Default `nearest`. */
  interpolation?: Interpolation
  /** What lies outside, 0 to 255, one number or one per channel. Default 0. */
  fill?: number | readonly number[]
}

/** What {@link randomAffine} draws beside the angle, evenly from each range. */
export interface AffineOptions extends RotationOptions {
  /** Largest shift either way as a part of `[width, height]`, each in [0, 1]. Default [0, 0]. */
  translate?: readonly [number, number]
  /** Range of the factor of size, above 0. Default [1, 1]. */
  scale?: readonly [number, number]
  /** Degrees along x either way, or `[xLow, xHigh]`, or `[xLow, xHigh, yLow, yHigh]`. Default 0. */
  shear?: Spread | readonly [number, number, number, number]
}

/**
 * Turns each image about its middle by a random angle; the size stays.
 *
 * @param degrees - from `−degrees` to `degrees`, or a range; counter-clockwise, as in torchvision.
 * @throws {RangeError} when a range is none.
 *
 * @example
 * transforms.randomRotation(15, { interpolation: 'bilinear' })
 */
export function randomRotation(degrees: Spread, options: RotationOptions = {}): Transform {
  const op = 'randomRotation'
  checkOptions(op, options, ['interpolation', 'fill'])
  const { fill = 0, interpolation = 'nearest' } = options
  checkInterpolation(op, interpolation)
  const [low, high] = spread(op, 'degrees', degrees)
  return described(import.meta.url, op, [degrees, options], (images, streams) => {
    const map = (n: number) => inverseAffine(-streams.of(n).uniform(low, high), [0, 0], 1, [0, 0])
    warp(op, images, map, interpolation, fill)
  })
}

/**
 * Turns, shifts, scales and shears each image at random about its middle; the size stays.
 *
 * @param degrees - from `−degrees` to `degrees`, or a range; clockwise, as in torchvision.
 * @throws {RangeError} when a range is none, or a shift is not within [0, 1].
 *
 * @example
 * transforms.randomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5 })
 */
export function randomAffine(degrees: Spread, options: AffineOptions = {}): Transform {
  const op = 'randomAffine'
  checkOptions(op, options, ['translate', 'scale', 'shear', 'interpolation', 'fill'])
  const { translate = [0, 0], scale = [1, 1], shear = 0, fill = 0, interpolation = 'nearest' } = options
  checkInterpolation(op, interpolation)
  const [low, high] = spread(op, 'degrees', degrees)
  for (const part of translate) checkUnitInterval(op, 'translate', part)
  checkRange(op, 'scale', scale, Number.POSITIVE_INFINITY)
  const [shearX, shearY] = shears(op, shear)
  return described(import.meta.url, op, [degrees, options], (images, streams) => {
    const { width, height } = images
    const map = (n: number) => {
      const stream = streams.of(n)
      const angle = stream.uniform(low, high)
      const shift = [width * translate[0], height * translate[1]].map((most) => Math.round(stream.uniform(-most, most)))
      const factor = stream.uniform(scale[0], scale[1])
      const sheared = [stream.uniform(...shearX), stream.uniform(...shearY)] as const
      return inverseAffine(angle, [shift[0], shift[1]], factor, sheared)
    }
    warp(op, images, map, interpolation, fill)
  })
}

function spread(op: string, name: string, value: Spread): [number, number] {
  const [low, high] = typeof value === 'number' ? [-value, value] : value
  checkFinite(op, name, low)
  checkFinite(op, name, high)
  if (low > high) throw new RangeError(`${op}: expected ${name} to be a number of at least 0 or a range, got ${value}`)
  return [low, high]
}

function shears(op: string, shear: NonNullable<AffineOptions['shear']>): [[number, number], [number, number]] {
  if (typeof shear === 'number' || shear.length === 2) return [spread(op, 'shear', shear), [0, 0]]
  return [spread(op, 'shear', [shear[0], shear[1]]), spread(op, 'shear', [shear[2], shear[3]])]
}
