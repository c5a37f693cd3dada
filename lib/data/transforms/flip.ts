import { checkOptions, checkUnitInterval } from '../../util/check.ts'
import { described, type Transform } from './transform.ts'

/** How often an image is flipped. */
export interface FlipOptions {
  /** Probability, in [0, 1]. Default 0.5. */
  p?: number
}

/**
 * Mirrors each image with probability `p`.
 *
 * @throws {RangeError} when `p` lies outside [0, 1].
 */
export function randomHorizontalFlip(options: FlipOptions = {}): Transform {
  return flip('randomHorizontalFlip', 'horizontal', options)
}

/**
 * Turns each image upside down with probability `p`.
 *
 * @throws {RangeError} when `p` lies outside [0, 1].
 */
export function randomVerticalFlip(options: FlipOptions = {}): Transform {
  return flip('randomVerticalFlip', 'vertical', options)
}

function flip(op: string, axis: 'horizontal' | 'vertical', options: FlipOptions): Transform {
  checkOptions(op, options, ['p'])
  const p = checkUnitInterval(op, 'p', options.p ?? 0.5)
  return described(import.meta.url, op, [options], (images, streams) => {
    images.flip(axis, (n) => streams.of(n).uniform() < p)
  })
}
