import { checkInteger, checkOptions } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import type { Generator } from '../generator.ts'
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  adjustSharpness,
  autoContrast,
  equalize,
  type Picture,
  posterize,
  solarize,
} from './color.ts'
import { eachPicture } from './color_jitter.ts'
import { described, type Transform } from './transform.ts'
import { type Affine, checkInterpolation, type Interpolation, inverseAffine, warpPicture } from './warp.ts'

/** How the shears, shifts and turns of {@link randAugment} and {@link trivialAugmentWide} resample an image. */
export interface PolicyOptions {
  /** `nearest` or `bilinear`. Default `nearest`. */
  interpolation?: Interpolation
  /** What lies outside, 0 to 255, one number or one per channel. Default 0. */
  fill?: number | readonly number[]
}

/** How many changes {@link randAugment} makes, and how strong they are. */
export interface RandAugmentOptions extends PolicyOptions {
  /** How many changes each image undergoes, at least 1. Default 2. */
  numOps?: number
  /** How strong they are, from 0 to `numMagnitudeBins − 1`. Default 9. */
  magnitude?: number
  /** Strengths from no effect to the strongest, at least 2. Default 31. */
  numMagnitudeBins?: number
}

/** From how many strengths {@link trivialAugmentWide} draws. */
export interface TrivialAugmentOptions extends PolicyOptions {
  /** Strengths from no effect to the strongest, at least 2. Default 31. */
  numMagnitudeBins?: number
}

/** The strongest of each change; those of colours are what a factor of 1 is raised or lowered by. */
interface Strengths {
  shear: number
  /** Pixels for an image of a width or height. */
  translate(size: number): number
  rotate: number
  factor: number
  /** Bits taken away. */
  posterize: number
}

const rand: Strengths = { shear: 0.3, translate: (size) => (150 / 331) * size, rotate: 30, factor: 0.9, posterize: 4 }
const wide: Strengths = { shear: 0.99, translate: () => 32, rotate: 135, factor: 0.99, posterize: 6 }

/** What can happen to an image at strength `m` of 0 to 1, negative where the draw says so. */
type Change = { colour(picture: Picture, m: number): void } | { move(m: number, picture: Picture): Affine }

function changesOf(strengths: Strengths): { signed: boolean; change: Change }[] {
  const { shear, translate, rotate, factor } = strengths
  const degrees = (tangent: number): number => (Math.atan(tangent) * 180) / Math.PI
  const moves: Change[] = [
    // Sheared about the upper left corner, as torchvision does.
    { move: (m, { height }) => cornered(inverseAffine(0, [0, 0], 1, [degrees(m * shear), 0]), height, 0) },
    { move: (m, { width }) => cornered(inverseAffine(0, [0, 0], 1, [0, degrees(m * shear)]), 0, width) },
    { move: (m, { width }) => inverseAffine(0, [Math.trunc(m * translate(width)), 0], 1, [0, 0]) },
    { move: (m, { height }) => inverseAffine(0, [0, Math.trunc(m * translate(height))], 1, [0, 0]) },
    { move: (m) => inverseAffine(-m * rotate, [0, 0], 1, [0, 0]) },
  ]
  const signedColours: Change[] = [adjustBrightness, adjustSaturation, adjustContrast, adjustSharpness].map(
    (adjust) => ({
      colour: (picture, m) => adjust(picture, 1 + m * factor),
    }),
  )
  const colours: Change[] = [
    { colour: (picture, m) => posterize(picture, 8 - Math.round(m * strengths.posterize)) },
    { colour: (picture, m) => solarize(picture, 255 * (1 - m)) },
    { colour: autoContrast },
    { colour: equalize },
    { colour: () => {} },
  ]
  return [
    ...[...moves, ...signedColours].map((change) => ({ signed: true, change })),
    ...colours.map((change) => ({ signed: false, change })),
  ]
}

/** The map with the shift that keeps the first row, or the first column, where it is. */
function cornered([a, b, c, d, e, f]: Affine, height: number, width: number): Affine {
  return [a, b, c + (b * height) / 2, d, e, f + (d * width) / 2]
}

function applyOne(
  picture: Picture,
  stream: Generator,
  strengths: Strengths,
  magnitude: number,
  { interpolation = 'nearest', fill = 0 }: PolicyOptions,
): void {
  const changes = changesOf(strengths)
  const { signed, change } = changes[stream.integer(changes.length)]
  const strength = signed && stream.uniform() < 0.5 ? -magnitude : magnitude
  if ('colour' in change) change.colour(picture, strength)
  else warpPicture(picture, change.move(strength, picture), interpolation, fill)
}

/**
 * RandAugment: each image undergoes `numOps` changes drawn from identity, shears, shifts, rotation, brightness, saturation,
 * contrast, sharpness, posterizing, solarizing, autocontrast and equalizing, all of one strength.
 *
 * @throws {RangeError} when a number is not an integer in its range.
 *
 * Source: Cubuk, Zoph, Shlens and Le 2020, "RandAugment: practical automated data augmentation with a reduced search space";
 * strengths as in torchvision.
 *
 * @example
 * transforms.randAugment({ numOps: 2, magnitude: 9 })
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  const op = 'randAugment'
  checkOptions(op, options, ['numOps', 'magnitude', 'numMagnitudeBins', 'interpolation', 'fill'])
  const { numOps = 2, magnitude = 9, numMagnitudeBins = 31, interpolation = 'nearest' } = options
  checkInteger(op, 'numOps', numOps, 1)
  checkInteger(op, 'numMagnitudeBins', numMagnitudeBins, 2)
  checkInterpolation(op, interpolation)
  if (!Number.isInteger(magnitude) || magnitude < 0 || magnitude >= numMagnitudeBins) {
    throw new RangeError(`${op}: expected magnitude to be an integer in [0, ${numMagnitudeBins}), got ${magnitude}`)
  }
  return described(import.meta.url, op, [options], (images, streams) => {
    eachPicture(op, images, (picture, n) => {
      for (let turn = 0; turn < numOps; turn++) {
        applyOne(picture, streams.of(n), rand, magnitude / (numMagnitudeBins - 1), options)
      }
    })
  })
}

/**
 * TrivialAugment: each image undergoes one change of {@link randAugment}'s, of random strength and in wider ranges. Has no
 * parameter to tune.
 *
 * @throws {RangeError} when the number of bins is not an integer of at least 2.
 *
 * Source: Müller and Hutter 2021, "TrivialAugment: tuning-free yet state-of-the-art data augmentation"; strengths as in
 * torchvision.
 *
 * @example
 * transforms.trivialAugmentWide()
 */
export function trivialAugmentWide(options: TrivialAugmentOptions = {}): Transform {
  const op = 'trivialAugmentWide'
  checkOptions(op, options, ['numMagnitudeBins', 'interpolation', 'fill'])
  const { numMagnitudeBins = 31, interpolation = 'nearest' } = options
  checkInteger(op, 'numMagnitudeBins', numMagnitudeBins, 2)
  checkInterpolation(op, interpolation)
  return described(import.meta.url, op, [options], (images, streams) => {
    eachPicture(op, images, (picture, n) => {
      const stream = streams.of(n)
      applyOne(picture, stream, wide, stream.integer(numMagnitudeBins) / (numMagnitudeBins - 1), options)
    })
  })
}
