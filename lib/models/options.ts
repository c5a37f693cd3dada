import type { LayerChoice } from '../nn/layer_choice.ts'
import { checkChoice, type Pair, toPair } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'

/** What every model of an image classifier takes. */
export interface ImageModelOptions extends LayerChoice {
  /** Channels of the images. */
  inChannels?: number
  /** Number of classes. */
  numClasses?: number
  /** Height and width of the images, one number when they are equal. Models that pool globally do not depend on it. */
  imageSize?: Pair
}

/** How a network that was made for large images begins. */
export interface StemOptions {
  /**
   * `imagenet` (the default) makes images of about 224×224 smaller at once; `cifar` leaves out the first two halvings,
   * for images of about 32×32.
   */
  stem?: 'imagenet' | 'cifar'
}

/** Names of the options of {@link ImageModelOptions}. */
export const IMAGE_OPTIONS = ['inChannels', 'numClasses', 'imageSize', 'normLayer', 'activation', 'normOrder']

/** Checks the choice of a stem. */
export function isSmallStem(op: string, { stem = 'imagenet' }: StemOptions): boolean {
  return checkChoice(op, 'stem', stem, ['imagenet', 'cifar']) === 'cifar'
}

/**
 * Height times width of the images after a model's poolings.
 *
 * @param steps maps one side to its size behind all convolutions and poolings
 * @throws {RangeError} when nothing would be left, or a size is no positive integer.
 */
export function areaBehind(op: string, imageSize: Pair, steps: (side: number) => number): number {
  const [height, width] = toPair(op, 'imageSize', imageSize, 1)
  const area = [height, width].map(steps)
  if (area.some((side) => side < 1)) {
    throw new RangeError(`${op}: expected larger images, of which something is left, got ${height}x${width}`)
  }
  return area[0] * area[1]
}

/** One side after `count` poolings by 2, each of which drops an odd last row. */
export function halved(side: number, count: number): number {
  return Math.floor(side / 2 ** count)
}
