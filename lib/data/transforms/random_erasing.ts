import { checkOptions, checkUnitInterval } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import type { Generator } from '../generator.ts'
import { perChannel } from './image_batch.ts'
import { described, type Transform } from './transform.ts'

/** How often {@link randomErasing} paints, how large a rectangle, and with what. */
export interface RandomErasingOptions {
  /** Probability, in [0, 1]. Default 0.5. */
  p?: number
  /** Range of the part of the image's area, within (0, 1]. Default [0.02, 0.33]. */
  scale?: readonly [number, number]
  /** Range of height over width, above 0. Default [0.3, 3.3]. */
  ratio?: readonly [number, number]
  /** What the rectangle is painted with, one number or one per channel, after {@link normalize} in its unit. Default 0. */
  value?: number | readonly number[]
}

/** Places that are tried before an image is left alone. */
const TRIES = 10

/**
 * Paints a rectangle of random place, size and proportions over each image with probability `p` (Zhong et al. 2017;
 * "cutout" of DeVries and Taylor 2017 is `{ p: 1, ratio: [1, 1], scale: [s, s] }`).
 *
 * @throws {RangeError} when `p` lies outside [0, 1] or a range is none.
 *
 * @example
 * transforms.compose([transforms.normalize(0.5, 0.25), transforms.randomErasing({ p: 0.25 })])
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const op = 'randomErasing'
  checkOptions(op, options, ['p', 'scale', 'ratio', 'value'])
  const { scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options
  const p = checkUnitInterval(op, 'p', options.p ?? 0.5)
  checkRange(op, 'scale', scale, 1)
  checkRange(op, 'ratio', ratio, Number.POSITIVE_INFINITY)
  return described(import.meta.url, op, [options], (images, streams) => {
    const corners = new Int32Array(4 * images.length)
    for (let n = 0; n < images.length; n++) {
      const stream = streams.of(n)
      if (stream.uniform() >= p) continue
      const place = drawRectangle(stream, images.height, images.width, scale, ratio)
      if (place !== null) corners.set(place, 4 * n)
    }
    images.erase(corners, perChannel(op, 'value', value, images.channels))
  })
}

/** Checks `0 < low <= high <= most`. */
export function checkRange(op: string, name: string, range: readonly [number, number], most: number): void {
  const [low, high] = range
  if (range.length !== 2 || !(low > 0 && high >= low && high <= most && high < Number.POSITIVE_INFINITY)) {
    const limit = most === 1 ? ' <= 1' : ''
    throw new RangeError(
      `${op}: expected ${name} to be a range [low, high] with 0 < low <= high${limit}, got [${range}]`,
    )
  }
}

function drawRectangle(
  stream: Generator,
  height: number,
  width: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
): [number, number, number, number] | null {
  for (let turn = 0; turn < TRIES; turn++) {
    const area = height * width * stream.uniform(scale[0], scale[1])
    // Tall and wide ones equally often.
    const aspect = Math.exp(stream.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const h = Math.round(Math.sqrt(area * aspect))
    const w = Math.round(Math.sqrt(area / aspect))
    if (!(h < height && w < width)) continue
    const top = stream.integer(height - h + 1)
    const left = stream.integer(width - w + 1)
    return [top, left, top + h, left + w]
  }
  return null
}
