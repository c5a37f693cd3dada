import { backend } from '../../kernels/select.ts'
import { type CropMode, LEVELS } from '../../reference/image_crop.ts'
import { tensor } from '../../tensor/create.ts'
import { channelsLastStrides } from '../../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../../tensor/tensor.ts'
import { RangeError, ShapeError, StateError } from '../../util/errors.ts'
import { type Corners, cropCorners, flipCorners } from './corners.ts'
import { cropPixels } from './crop_pixels.ts'

/** What lies outside an image that is cut beyond its border. */
export interface Outside {
  /** One colour, the nearest pixel, or mirrored ones without and with the border itself. */
  mode: CropMode
  /** Of mode constant: 0 to 255, one number or one per channel. */
  fill: number | readonly number[]
}

/** Mean and standard deviation of the pixels after division by 255, one number or one per channel. */
interface Moments {
  mean: number | readonly number[]
  std: number | readonly number[]
}

interface Rectangles {
  corners: Corners
  values: readonly number[]
}

const BLACK: Outside = { mode: 'constant', fill: 0 }

/**
 * Images of one size on their way from a data set to a network: uint8, channels last.
 *
 * Cuts, flips, erased rectangles and the normalization are only noted, and done together by one native call when the batch
 * becomes a tensor. What looks at pixels does so by {@link pixels}, which carries out what is noted first.
 */
export class ImageBatch {
  readonly length: number
  readonly channels: number
  #pixels: Uint8Array
  #sourceHeight: number
  #sourceWidth: number
  #height: number
  #width: number
  /** `[n, 4]`: top, left, upside down, mirrored. */
  #placement: Int32Array | null = null
  /** Whether the window noted is not all of the image. */
  #cut = false
  #outside = BLACK
  #rectangles: Rectangles[] = []
  #moments: Moments | null = null

  /**
   * @param pixels - `[N, H, W, C]`, not changed and read before the batch becomes a tensor.
   * @param shape - `[N, H, W, C]`.
   */
  constructor(pixels: Uint8Array, shape: readonly [number, number, number, number]) {
    const [length, height, width, channels] = shape
    if (pixels.length !== length * height * width * channels) {
      throw new ShapeError(
        `ImageBatch: expected a shape [N, H, W, C] of ${pixels.length} pixels, got [${shape.join(', ')}]`,
      )
    }
    this.length = length
    this.channels = channels
    this.#pixels = pixels
    this.#sourceHeight = height
    this.#sourceWidth = width
    this.#height = height
    this.#width = width
  }

  get height(): number {
    return this.#height
  }

  get width(): number {
    return this.#width
  }

  /**
   * The pixels as all transforms so far leave them, `[N, height, width, C]`; may be the memory of the data set, so not to be
   * written to. {@link replace} sets others.
   *
   * @param op - who asks, for the error message.
   * @throws {StateError} behind a normalization or an erasing, where the images are uint8 no longer.
   */
  pixels(op: string): Uint8Array {
    if (this.#moments !== null || this.#rectangles.length > 0) {
      throw new StateError(
        `${op}: expected to come before normalize and randomErasing, got images that are floats already`,
      )
    }
    this.#flush()
    return this.#pixels
  }

  /** Sets the pixels, `[N, height, width, C]`. */
  replace(pixels: Uint8Array, height: number, width: number): void {
    if (pixels.length !== this.length * height * width * this.channels) {
      const shape = [this.length, height, width, this.channels].join(', ')
      throw new ShapeError(`ImageBatch: expected [${shape}] pixels, got ${pixels.length}`)
    }
    this.#pixels = pixels
    this.#sourceHeight = height
    this.#sourceWidth = width
    this.#height = height
    this.#width = width
    this.#placement = null
    this.#cut = false
  }

  /** Sets every pixel of every channel to `change` of it. */
  eachPixel(op: string, change: (value: number) => number): void {
    const table = Uint8Array.from({ length: 256 }, (_, value) => change(value))
    const pixels = this.pixels(op)
    this.replace(
      pixels.map((value) => table[value]),
      this.#height,
      this.#width,
    )
  }

  /**
   * Cuts `height × width` out of each image, from row `offsets[2n]` and column `offsets[2n + 1]` on; both may lie outside.
   *
   * @param offsets - `[N, 2]`.
   */
  crop(op: string, height: number, width: number, offsets: ArrayLike<number>, outside: Outside = BLACK): void {
    let beyond = false
    for (let n = 0; n < this.length; n++) {
      const [top, left] = [offsets[2 * n], offsets[2 * n + 1]]
      beyond ||= top < 0 || left < 0 || top + height > this.#height || left + width > this.#width
    }
    if (beyond && this.#moments !== null) {
      throw new StateError(`${op}: expected to come before normalize where it pads, got images that are floats already`)
    }
    // Behind the border of what was cut out before there would be the rest of the image.
    if (this.#cut && (beyond || this.#outside !== BLACK)) this.#flush()
    const placement = this.#placed()
    for (let n = 0; n < this.length; n++) {
      const [top, left] = [offsets[2 * n], offsets[2 * n + 1]]
      placement[4 * n] += placement[4 * n + 2] ? this.#height - top - height : top
      placement[4 * n + 1] += placement[4 * n + 3] ? this.#width - left - width : left
    }
    for (const { corners } of this.#rectangles) cropCorners(corners, offsets, height, width)
    this.#height = height
    this.#width = width
    this.#cut = true
    if (beyond) this.#outside = outside
  }

  /** Mirrors those images, or turns those upside down, for which `chosen` says so. */
  flip(axis: 'horizontal' | 'vertical', chosen: (n: number) => boolean): void {
    const placement = this.#placed()
    const at = axis === 'vertical' ? 2 : 3
    for (let n = 0; n < this.length; n++) {
      if (!chosen(n)) continue
      placement[4 * n + at] ^= 1
      for (const { corners } of this.#rectangles) flipCorners(corners, n, axis, this.#height, this.#width)
    }
  }

  /**
   * Paints one rectangle of each image with a colour.
   *
   * @param corners - `[N, 4]`: top, left, bottom, right; empty ones paint nothing.
   * @param values - per channel, in the unit that the tensor has at this point: of pixels over 255, or normalized.
   */
  erase(corners: Int32Array, values: readonly number[]): void {
    this.#rectangles.push({ corners, values })
  }

  /** Notes that the tensor is to be `(pixel / 255 − mean) / std`. */
  normalize(op: string, mean: Moments['mean'], std: Moments['std']): void {
    if (this.#moments !== null) throw new StateError(`${op}: expected images that are not normalized, got it twice`)
    const [means, stds] = this.#checkMoments(op, { mean, std })
    this.#rectangles = this.#rectangles.map(({ corners, values }) => ({
      corners,
      values: values.map((value, c) => (value - means[c]) / stds[c]),
    }))
    this.#moments = { mean, std }
  }

  /**
   * The batch as float32 `[N, C, height, width]`, channels-last in memory.
   *
   * @param mean - of the pixels over 255, used when nothing has normalized the images.
   */
  toTensor(mean: Moments['mean'] = 0, std: Moments['std'] = 1): Tensor {
    const op = 'ImageBatch'
    const [n, c, oh, ow] = [this.length, this.channels, this.#height, this.#width]
    const shape = [n, c, oh, ow]
    const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
    const rectangles = this.#rectangles.length
    const input = emptyTensor([this.#pixels.length], 'uint8')
    input.storage.home.write(input.storage.block, 0, this.#pixels)
    const placement = tensor(this.#placed())
    const levels = tensor(this.#levels(op, this.#moments ?? { mean, std }))
    const corners = rectangles > 0 ? tensor(this.#allCorners()) : null
    const values = rectangles > 0 ? tensor(Float32Array.from(this.#rectangles.flatMap((one) => one.values))) : null
    const [ih, iw] = [this.#sourceHeight, this.#sourceWidth]
    const problem = { n, c, ih, iw, oh, ow, rectangles, mode: this.#outside.mode }
    if (output.size > 0) {
      backend().kernels.imageCrop(
        problem,
        ...([input.buffer(op), placement.buffer(op), levels.buffer(op)] as const),
        ...([corners?.buffer(op) ?? null, values?.buffer(op) ?? null, output.buffer(op)] as const),
      )
    }
    for (const used of [input, placement, levels, corners, values]) used?.dispose()
    return output
  }

  #placed(): Int32Array {
    this.#placement ??= new Int32Array(4 * this.length)
    return this.#placement
  }

  /** Carries out what is noted about the pixels. */
  #flush(): void {
    if (this.#placement === null) return
    const { length: n, channels: c } = this
    const sizes = { n, c, ih: this.#sourceHeight, iw: this.#sourceWidth, oh: this.#height, ow: this.#width }
    const fill = perChannel('ImageBatch', 'fill', this.#outside.fill, c)
    const pixels = cropPixels({ ...sizes, mode: this.#outside.mode }, this.#pixels, this.#placement, fill)
    this.replace(pixels, this.#height, this.#width)
    this.#outside = BLACK
  }

  /** `[c, 257]`: what each pixel value becomes, and what lies outside. */
  #levels(op: string, moments: Moments): Float32Array {
    const [means, stds] = this.#checkMoments(op, moments)
    const fill = perChannel(op, 'fill', this.#outside.fill, this.channels)
    const levels = new Float32Array(this.channels * LEVELS)
    for (let c = 0; c < this.channels; c++) {
      for (let value = 0; value < 256; value++) levels[c * LEVELS + value] = (value / 255 - means[c]) / stds[c]
      levels[c * LEVELS + 256] = (fill[c] / 255 - means[c]) / stds[c]
    }
    return levels
  }

  #checkMoments(op: string, { mean, std }: Moments): [means: readonly number[], stds: readonly number[]] {
    const stds = perChannel(op, 'std', std, this.channels)
    const bad = stds.find((value) => value <= 0)
    if (bad !== undefined) throw new RangeError(`${op}: expected a positive std, got ${bad}`)
    return [perChannel(op, 'mean', mean, this.channels), stds]
  }

  /** `[n, rectangles, 4]`. */
  #allCorners(): Int32Array {
    const count = this.#rectangles.length
    const all = new Int32Array(4 * this.length * count)
    this.#rectangles.forEach(({ corners }, r) => {
      for (let n = 0; n < this.length; n++) all.set(corners.subarray(4 * n, 4 * n + 4), 4 * (n * count + r))
    })
    return all
  }
}

/**
 * One number per channel.
 *
 * @throws {RangeError} when there are others, or one is not finite.
 */
export function perChannel(
  op: string,
  name: string,
  value: number | readonly number[],
  channels: number,
): readonly number[] {
  const values = typeof value === 'number' ? new Array<number>(channels).fill(value) : value
  if (values.length !== channels || !values.every(Number.isFinite)) {
    throw new RangeError(`${op}: expected one finite ${name} or one per channel (${channels}), got ${value}`)
  }
  return values
}
