import type { CropMode } from '../../reference/image_crop.ts'
import { checkChoice, checkOptions, type Pair, toPair } from '../../util/check.ts'
import { ShapeError } from '../../util/errors.ts'
import { described, type Transform } from './transform.ts'

/** What is taken for the pixels beyond the border of an image. */
export interface PadOptions {
  /** Of mode `constant`: 0 to 255, one number or one per channel. Default 0. */
  fill?: number | readonly number[]
  /** What lies beyond the border: `constant`, `edge`, `reflect` or `symmetric`. Default `constant`. */
  paddingMode?: CropMode
}

/** How an image is enlarged before {@link randomCrop} cuts its window. */
export interface RandomCropOptions extends PadOptions {
  /** Pixels added on every side before, or `[vertical, horizontal]`. Default 0. */
  padding?: Pair
}

const modes = ['constant', 'edge', 'reflect', 'symmetric'] as const

/**
 * Cuts a window of `size` out of each image, at a random place of the padded image.
 *
 * @param size - height and width, or `[height, width]`.
 * @throws {RangeError} when a number is not an integer in its range or the mode is unknown; when applied, {@link ShapeError}
 * when the padded image is smaller.
 *
 * @example
 * transforms.randomCrop(32, { padding: 4 })
 */
export function randomCrop(size: Pair, options: RandomCropOptions = {}): Transform {
  const op = 'randomCrop'
  checkOptions(op, options, ['padding', 'fill', 'paddingMode'])
  const { padding = 0, fill = 0, paddingMode = 'constant' } = options
  const [height, width] = toPair(op, 'size', size, 1)
  const [padY, padX] = toPair(op, 'padding', padding, 0)
  const outside = { mode: checkChoice(op, 'paddingMode', paddingMode, modes), fill }
  return described(import.meta.url, op, [size, options], (images, streams) => {
    const [freeY, freeX] = [images.height + 2 * padY - height, images.width + 2 * padX - width]
    if (freeY < 0 || freeX < 0) {
      throw new ShapeError(
        `${op}: expected images of at least ${height}x${width} with padding ${padY}x${padX}, ` +
          `got ${images.height}x${images.width}`,
      )
    }
    const offsets = new Int32Array(2 * images.length)
    for (let n = 0; n < images.length; n++) {
      const stream = streams.of(n)
      offsets[2 * n] = stream.integer(freeY + 1) - padY
      offsets[2 * n + 1] = stream.integer(freeX + 1) - padX
    }
    images.crop(op, height, width, offsets, outside)
  })
}

/**
 * Cuts a window of `size` out of the middle; a larger window than the image is black around it.
 *
 * @param size - height and width, or `[height, width]`.
 * @throws {RangeError} when a number is not a positive integer.
 *
 * @example
 * transforms.centerCrop(224)
 */
export function centerCrop(size: Pair): Transform {
  const op = 'centerCrop'
  const [height, width] = toPair(op, 'size', size, 1)
  return described(import.meta.url, op, [size], (images) => {
    const at = [halfToEven(images.height - height), halfToEven(images.width - width)]
    images.crop(
      op,
      height,
      width,
      Int32Array.from({ length: 2 * images.length }, (_, i) => at[i % 2]),
    )
  })
}

/** Half of a whole number, rounded as Python rounds. */
function halfToEven(twice: number): number {
  const half = twice / 2
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2)
}

/**
 * Adds pixels around each image.
 *
 * @param padding - on every side, or `[vertical, horizontal]`.
 * @throws {RangeError} when a number is not an integer of at least 0 or the mode is unknown.
 *
 * @example
 * transforms.pad(2, { paddingMode: 'reflect' })
 */
export function pad(padding: Pair, options: PadOptions = {}): Transform {
  const op = 'pad'
  checkOptions(op, options, ['fill', 'paddingMode'])
  const { fill = 0, paddingMode = 'constant' } = options
  const before = toPair(op, 'padding', padding, 0)
  const outside = { mode: checkChoice(op, 'paddingMode', paddingMode, modes), fill }
  return described(import.meta.url, op, [padding, options], (images) => {
    const offsets = Int32Array.from({ length: 2 * images.length }, (_, i) => -before[i % 2])
    images.crop(op, images.height + 2 * before[0], images.width + 2 * before[1], offsets, outside)
  })
}
