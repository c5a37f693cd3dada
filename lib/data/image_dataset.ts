import { tensor } from '../tensor/create.ts'
import { checkChoice } from '../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import type { BatchContext, Dataset, LabelledBatch, Recipe } from './dataset.ts'
import { recipeOf } from './transforms/compose.ts'
import { ImageBatch, perChannel } from './transforms/image_batch.ts'
import { Streams, type Transform } from './transforms/transform.ts'

/** Mean and standard deviation of the pixels after division by 255: one number, or one per channel. */
export interface Normalization {
  /** Default 0. */
  mean?: number | readonly number[]
  /** Default 1. */
  std?: number | readonly number[]
}

export interface ImageSetOptions extends Normalization {
  /** What is done to each batch of images, by `transforms`. Default: nothing. */
  transform?: Transform
}

export interface ImageDatasetOptions extends ImageSetOptions {
  /** `[N, C, H, W]`. */
  shape: readonly number[]
  /** How the images lie in memory, `NCHW` or, channels last, `NHWC`. Default `NCHW`. */
  layout?: 'NCHW' | 'NHWC'
}

type Moments = Required<Normalization>

/**
 * Labelled images that stay uint8 in memory and become float32 a batch at a time:
 *
 * `input[n, c, h, w] = (image[n, c, h, w] / 255 − mean[c]) / std[c]`
 *
 * Batches are logical `[N, C, H, W]` and lie channels-last in memory, as the convolution kernels want them, so a
 * network never converts its input. With one channel the two layouts are the same and the array is kept as it is;
 * with more, it is transposed once, here. A transform works on the uint8 images; crops, flips and the normalization are
 * done in one pass.
 *
 * @param images - uint8, `[N, C, H, W]` row-major; see `layout`.
 * @param labels - `[N]`, class indices in `[0, 2³¹)`.
 * @throws {ShapeError} when the arrays do not match the shape or each other.
 * @throws {DTypeError} when the images are no Uint8Array.
 * @throws {RangeError} when `mean` or `std` is not finite, `std` is not positive, or a label is no class index.
 *
 * @example
 * const dataset = new ImageDataset(pixels, labels, { shape: [60000, 1, 28, 28], mean: 0.1307, std: 0.3081 })
 */
export class ImageDataset implements Dataset {
  /** `[N, C, H, W]` */
  readonly shape: readonly [number, number, number, number]
  readonly labels: Int32Array
  /** Pixels in `[N, H, W, C]` order. */
  #pixels: Uint8Array
  readonly #transform: Transform | undefined
  #moments: Moments
  /** Pixels of the batch at hand. */
  #staged = new Uint8Array(0)

  constructor(
    images: Uint8Array,
    labels: ArrayLike<number>,
    { shape, layout = 'NCHW', mean = 0, std = 1, transform }: ImageDatasetOptions,
  ) {
    checkChoice('ImageDataset', 'layout', layout, ['NCHW', 'NHWC'])
    if (!(images instanceof Uint8Array)) throw new DTypeError('ImageDataset: expected the images as a Uint8Array')
    if (shape.length !== 4 || shape.reduce((product, size) => product * size, 1) !== images.length) {
      throw new ShapeError(
        `ImageDataset: expected a shape [N, C, H, W] of ${images.length} pixels, got [${shape.join(', ')}]`,
      )
    }
    if (labels.length !== shape[0]) {
      throw new ShapeError(`ImageDataset: expected one label per image (${shape[0]}), got ${labels.length}`)
    }
    this.shape = [shape[0], shape[1], shape[2], shape[3]]
    this.labels = checkLabels(labels)
    this.#moments = checkMoments(shape[1], mean, std)
    this.#transform = transform
    this.#pixels = shape[1] === 1 || layout === 'NHWC' ? images : toChannelsLast(images, this.shape)
  }

  get length(): number {
    return this.shape[0]
  }

  getBatch(indices: Int32Array, context?: BatchContext): LabelledBatch {
    return this.getBatchWith(this.#transform, indices, context)
  }

  /** @internal {@link getBatch} with another transform than the set's own. */
  getBatchWith(transform: Transform | undefined, indices: Int32Array, context?: BatchContext): LabelledBatch {
    const [, channels, height, width] = this.shape
    const size = channels * height * width
    // Kept for the next batch: fresh memory costs more than the copy.
    if (this.#staged.length < indices.length * size) this.#staged = new Uint8Array(indices.length * size)
    const pixels = this.#staged.subarray(0, indices.length * size)
    const target = new Int32Array(indices.length)
    for (let n = 0; n < indices.length; n++) {
      const start = indices[n] * size
      this.prepare(indices[n])
      pixels.set(this.#pixels.subarray(start, start + size), n * size)
      target[n] = this.labels[indices[n]]
    }
    const images = new ImageBatch(pixels, [indices.length, height, width, channels])
    transform?.apply(images, new Streams(context))
    return [images.toTensor(this.#moments.mean, this.#moments.std), tensor(target)]
  }

  /** The same images and labels, changed by another transform; the pixels are shared. */
  withTransform(transform: Transform): TransformedImages {
    return new TransformedImages(this, transform)
  }

  recipe(): Recipe {
    // Once shared, the pixels are never copied again.
    if (!(this.#pixels.buffer instanceof SharedArrayBuffer)) {
      const shared = new Uint8Array(new SharedArrayBuffer(this.#pixels.length))
      shared.set(this.#pixels)
      this.#pixels = shared
    }
    const options = { shape: this.shape, layout: 'NHWC', ...this.imageOptions() }
    return { module: import.meta.url, export: 'ImageDataset', args: [this.#pixels, this.labels, options] }
  }

  /** What a recipe says about normalization and transform. */
  protected imageOptions(): Record<string, unknown> {
    return { ...this.#moments, ...(this.#transform && { transform: recipeOf(this.#transform) }) }
  }

  /** Sets the normalization of all batches from now on. */
  normalize({ mean = 0, std = 1 }: Normalization): void {
    this.#moments = checkMoments(this.shape[1], mean, std)
  }

  /**
   * Mean and standard deviation of the pixels over 255, per channel: what {@link normalize} needs to standardise them.
   *
   * @param indices - of the images to measure, such as the training part of a split. Default: all.
   */
  statistics(indices: ArrayLike<number> = this.labels.map((_, index) => index)): { mean: number[]; std: number[] } {
    const [, channels, height, width] = this.shape
    const size = channels * height * width
    // Whole numbers below 2^53, so both sums are exact and their order does not matter.
    const sums = new Float64Array(channels)
    const squares = new Float64Array(channels)
    for (let n = 0; n < indices.length; n++) {
      this.prepare(indices[n])
      for (let i = 0; i < size; i++) {
        const value = this.#pixels[indices[n] * size + i]
        sums[i % channels] += value
        squares[i % channels] += value * value
      }
    }
    const count = indices.length * height * width
    const mean = Array.from(sums, (sum) => sum / count / 255)
    const std = Array.from(squares, (square, c) => Math.sqrt(Math.max(0, square / count / 255 ** 2 - mean[c] ** 2)))
    return { mean, std }
  }

  /** Called before the pixels of a sample are read, for subclasses that make their images on demand. */
  protected prepare(_index: number): void {}
}

/** Images of an {@link ImageDataset} under a transform of their own. */
export class TransformedImages implements Dataset {
  readonly source: ImageDataset
  readonly transform: Transform

  constructor(source: ImageDataset, transform: Transform) {
    this.source = source
    this.transform = transform
  }

  get length(): number {
    return this.source.length
  }

  get labels(): Int32Array {
    return this.source.labels
  }

  getBatch(indices: Int32Array, context?: BatchContext): LabelledBatch {
    return this.source.getBatchWith(this.transform, indices, context)
  }

  recipe(): Recipe {
    const args = [this.source.recipe(), recipeOf(this.transform)]
    return { module: import.meta.url, export: 'TransformedImages', args }
  }
}

function checkLabels(labels: ArrayLike<number>): Int32Array {
  for (let n = 0; n < labels.length; n++) {
    if (!Number.isInteger(labels[n]) || labels[n] < 0 || labels[n] > 0x7fffffff) {
      throw new RangeError(`ImageDataset: expected class indices in [0, 2^31), got ${labels[n]} at position ${n}`)
    }
  }
  return Int32Array.from(labels)
}

function checkMoments(channels: number, mean: Moments['mean'], std: Moments['std']): Moments {
  perChannel('ImageDataset', 'mean', mean, channels)
  const bad = perChannel('ImageDataset', 'std', std, channels).find((value) => value <= 0)
  if (bad !== undefined) throw new RangeError(`ImageDataset: expected a positive std, got ${bad}`)
  return { mean, std }
}

function toChannelsLast(images: Uint8Array, [count, channels, height, width]: ImageDataset['shape']): Uint8Array {
  const output = new Uint8Array(images.length)
  const plane = height * width
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      const start = (n * channels + c) * plane
      for (let i = 0; i < plane; i++) output[(n * plane + i) * channels + c] = images[start + i]
    }
  }
  return output
}
