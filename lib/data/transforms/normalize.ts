import { RangeError } from '../../util/errors.ts'
import { described, type Transform } from './transform.ts'

/**
 * `output = (pixel / 255 − mean) / std` per channel, in place of the mean and standard deviation of the data set.
 *
 * @param mean - one number, or one per channel.
 * @param std - the same; positive.
 * @throws {RangeError} when `std` is not positive or a number is not finite; when applied, when there are not as many numbers
 * as channels.
 *
 * @example
 * transforms.normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
 */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Transform {
  const op = 'normalize'
  for (const value of [std].flat()) {
    if (!(value > 0)) throw new RangeError(`${op}: expected a positive std, got ${value}`)
  }
  return described(import.meta.url, op, [mean, std], (images) => images.normalize(op, mean, std))
}
