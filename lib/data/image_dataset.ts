import { backend } from '../kernels/select.ts'
import { tensor } from '../tensor/create.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor } from '../tensor/tensor.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import type { Dataset, LabelledBatch } from './dataset.ts'

/** Mean and standard deviation of the pixels after division by 255: one number, or one per channel. */
export interface Normalization {
  /** Default 0. */
  mean?: number | readonly number[]
  /** Default 1. */
  std?: number | readonly number[]
}

export interface ImageDatasetOptions extends Normalization {
  /** `[N, C, H, W]`, the shape of the images as they lie in memory. */
  shape: readonly number[]
}

/**
 * Labelled images that stay uint8 in memory and become float32 a batch at a time:
 *
 * `input[n, c, h, w] = (image[n, c, h, w] / 255 − mean[c]) / std[c]`
 *
 * Batches are logical `[N, C, H, W]` and lie channels-last in memory, as the convolution kernels want them, so a
 * network never converts its input. With one channel the two layouts are the same and the array is kept as it is;
 * with more, it is transposed once, here.
 *
 * @param images - uint8, `[N, C, H, W]` row-major.
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
  readonly #pixels: Uint8Array
  /** The float of each of the 256 pixel values, per channel: `[C, 256]`. */
  #levels: Float32Array

  constructor(images: Uint8Array, labels: ArrayLike<number>, { shape, mean = 0, std = 1 }: ImageDatasetOptions) {
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
    this.#levels = levelTable(shape[1], mean, std)
    this.#pixels = shape[1] === 1 ? images : toChannelsLast(images, this.shape)
  }

  get length(): number {
    return this.shape[0]
  }

  getBatch(indices: Int32Array): LabelledBatch {
    const [, channels, height, width] = this.shape
    const size = channels * height * width
    const input = new Float32Array(indices.length * size)
    const target = new Int32Array(indices.length)
    for (let n = 0; n < indices.length; n++) {
      const start = indices[n] * size
      this.prepare(indices[n])
      writeLevels(this.#pixels.subarray(start, start + size), this.#levels, channels, input.subarray(n * size))
      target[n] = this.labels[indices[n]]
    }
    const shape = [indices.length, channels, height, width]
    const images = emptyTensor(shape, 'float32', channelsLastStrides(shape))
    if (input.length > 0) backend().write(images.storage.block, 0, input)
    return [images, tensor(target)]
  }

  /** Sets the normalization of all batches from now on. */
  normalize({ mean = 0, std = 1 }: Normalization): void {
    this.#levels = levelTable(this.shape[1], mean, std)
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

function checkLabels(labels: ArrayLike<number>): Int32Array {
  for (let n = 0; n < labels.length; n++) {
    if (!Number.isInteger(labels[n]) || labels[n] < 0 || labels[n] > 0x7fffffff) {
      throw new RangeError(`ImageDataset: expected class indices in [0, 2^31), got ${labels[n]} at position ${n}`)
    }
  }
  return Int32Array.from(labels)
}

function levelTable(channels: number, mean: number | readonly number[], std: number | readonly number[]): Float32Array {
  const means = perChannel('mean', mean, channels)
  const stds = perChannel('std', std, channels)
  const levels = new Float32Array(channels * 256)
  for (let c = 0; c < channels; c++) {
    if (stds[c] <= 0) throw new RangeError(`ImageDataset: expected a positive std, got ${stds[c]}`)
    for (let value = 0; value < 256; value++) levels[c * 256 + value] = (value / 255 - means[c]) / stds[c]
  }
  return levels
}

function perChannel(name: string, value: number | readonly number[], channels: number): readonly number[] {
  const values = typeof value === 'number' ? new Array<number>(channels).fill(value) : value
  if (values.length !== channels || !values.every(Number.isFinite)) {
    throw new RangeError(`ImageDataset: expected one finite ${name} or one per channel (${channels}), got ${value}`)
  }
  return values
}

function writeLevels(pixels: Uint8Array, levels: Float32Array, channels: number, output: Float32Array): void {
  if (channels === 1) {
    for (let i = 0; i < pixels.length; i++) output[i] = levels[pixels[i]]
    return
  }
  for (let i = 0; i < pixels.length; i += channels) {
    for (let c = 0; c < channels; c++) output[i + c] = levels[c * 256 + pixels[i + c]]
  }
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
