import { RangeError } from '../util/errors.ts'
import type { Recipe } from './dataset.ts'
import { digitStrokes } from './digit_strokes.ts'
import { Generator } from './generator.ts'
import { ImageDataset, type ImageSetOptions } from './image_dataset.ts'
import { type Canvas, drawSegment, samplePoints } from './stroke_raster.ts'

export interface SyntheticDigitsOptions extends ImageSetOptions {
  /** Number of images. Default 12,000. */
  size?: number
  /** Same seed, same images. Default 0. */
  seed?: number
  /** The images to train on; `false` gives others, to test on. Default true. */
  train?: boolean
}

/** Height and width of an image. */
const SIDE = 28

/** Mean and standard deviation of the pixels over 255, measured on 10,000 images of seed 0. */
const MEAN = 0.125
const STD = 0.23

/** Index of the first test image; training images lie below. 2³¹ is more than anyone draws. */
const TEST_OFFSET = 2 ** 31

/** Straight pieces per control segment of a stroke: the longest, a tall 1, then bends every 4 pixels. */
const STEPS = 5

/** More than `STEPS` times the points of the longest stroke. */
const points = new Float64Array(2 * 128)

const canvas: Canvas = { width: SIDE, height: SIDE, ink: new Float32Array(SIDE * SIDE) }

/**
 * Handwritten-looking digits, drawn by the library itself: 28×28 grey images of the digits 0 to 9, without a download.
 *
 * Each image takes one of several hands for its digit, drawn from pen strokes, and then varies slant, rotation,
 * proportions, size, position, a smooth wobble, pen width, ink, stray marks and noise. Image `i` depends only on `seed`
 * and `i`, so a larger set starts with the images of a smaller one. Images are drawn when first read and then kept,
 * 784 bytes each.
 *
 * Batches are as in {@link ImageDataset}; `mean` and `std` default to those of the set, so that inputs are standardised.
 *
 * @throws {RangeError} when `size` is not an integer in [1, 2³¹], or the seed not a non-negative safe integer.
 *
 * @example
 * const train = new SyntheticDigits({ size: 12000, seed: 1 })
 * const test = new SyntheticDigits({ size: 2000, seed: 1, train: false })
 */
export class SyntheticDigits extends ImageDataset {
  readonly seed: number
  readonly #images: Uint8Array
  readonly #drawn: Uint8Array
  readonly #generator: Generator
  readonly #offset: number

  constructor({
    size = 12_000,
    seed = 0,
    train = true,
    mean = MEAN,
    std = STD,
    transform,
  }: SyntheticDigitsOptions = {}) {
    if (!Number.isInteger(size) || size < 1 || size > TEST_OFFSET) {
      throw new RangeError(`SyntheticDigits: expected size to be an integer in [1, 2^31], got ${size}`)
    }
    const generator = new Generator(seed)
    const offset = train ? 0 : TEST_OFFSET
    const images = new Uint8Array(size * SIDE * SIDE)
    // The first draw of each image's own stream, so that the labels need no drawing.
    const labels = Int32Array.from({ length: size }, (_, index) => generator.fork(offset + index).integer(10))
    super(images, labels, { shape: [size, 1, SIDE, SIDE], mean, std, transform })
    this.seed = seed
    this.#images = images
    this.#drawn = new Uint8Array(size)
    this.#generator = generator
    this.#offset = offset
  }

  /** The pixels of image `index`, uint8 `[28, 28]`; a view of the set's memory. */
  pixels(index: number): Uint8Array {
    this.prepare(index)
    return this.#images.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE)
  }

  /** Workers draw the images for themselves. */
  override recipe(): Recipe {
    const options = { size: this.length, seed: this.seed, train: this.#offset === 0, ...this.imageOptions() }
    return { module: import.meta.url, export: 'SyntheticDigits', args: [options] }
  }

  protected override prepare(index: number): void {
    if (this.#drawn[index] === 1) return
    const generator = this.#generator.fork(this.#offset + index)
    drawDigit(generator.integer(10), generator, this.#images.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE))
    this.#drawn[index] = 1
  }
}

/** Draws one image. The ranges are what a class of hurried writers shows, and then some: see {@link SyntheticDigits}. */
function drawDigit(digit: number, generator: Generator, output: Uint8Array): void {
  canvas.ink.fill(0)
  const hands = digitStrokes[digit]
  const strokes = hands[generator.integer(hands.length)]
  const place = randomPlacement(generator)
  const halfWidth = generator.uniform(0.55, 1.6)
  const pressure = generator.uniform(0, 0.3)
  const strength = generator.uniform(0.6, 1)
  for (const stroke of strokes) {
    const count = samplePoints(stroke, STEPS, points)
    place(points, count)
    const phase = generator.uniform(0, 2 * Math.PI)
    for (let i = 1; i < count; i++) {
      const width = halfWidth * (1 + pressure * Math.sin(phase + i * 0.4))
      drawSegment(canvas, points[2 * i - 2], points[2 * i - 1], points[2 * i], points[2 * i + 1], width, strength)
    }
  }
  drawStrayMarks(generator, strength)
  addNoise(generator, output)
}

/** Maps points of the unit square to pixels: a wobble, then a random affine map about the centre. */
function randomPlacement(generator: Generator): (points: Float64Array, count: number) => void {
  const angle = generator.uniform(-0.38, 0.38)
  const shear = generator.uniform(-0.3, 0.3)
  const height = SIDE * generator.uniform(0.58, 0.98)
  const width = height * generator.uniform(0.72, 1.15)
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const shiftX = SIDE / 2 + generator.uniform(-3, 3)
  const shiftY = SIDE / 2 + generator.uniform(-3, 3)
  const wobbleX = randomWave(generator)
  const wobbleY = randomWave(generator)
  return (points, count) => {
    for (let i = 0; i < count; i++) {
      const u = points[2 * i] - 0.5
      const v = points[2 * i + 1] - 0.5
      const y = (v + wobbleY(v, u)) * height
      const x = (u + wobbleX(u, v)) * width - shear * y
      points[2 * i] = shiftX + cos * x - sin * y
      points[2 * i + 1] = shiftY + sin * x + cos * y
    }
  }
}

/** A smooth displacement, mostly across its direction: one wave over the other coordinate, a weaker one over its own. */
function randomWave(generator: Generator): (along: number, across: number) => number {
  const amplitude = generator.uniform(0, 0.06)
  const frequency = 2 * Math.PI * generator.uniform(0.5, 1.4)
  const phase = generator.uniform(0, 2 * Math.PI)
  const ownPhase = generator.uniform(0, 2 * Math.PI)
  return (along, across) =>
    amplitude * (Math.sin(frequency * across + phase) + 0.5 * Math.sin(frequency * along + ownPhase))
}

/** Up to four short marks, too short to turn one digit into another. */
function drawStrayMarks(generator: Generator, strength: number): void {
  const count = generator.integer(5)
  for (let i = 0; i < count; i++) {
    const x = generator.uniform(0, SIDE)
    const y = generator.uniform(0, SIDE)
    const angle = generator.uniform(0, 2 * Math.PI)
    const length = generator.uniform(0, 5)
    const halfWidth = generator.uniform(0.3, 0.9)
    const faint = strength * generator.uniform(0.3, 0.9)
    drawSegment(canvas, x, y, x + length * Math.cos(angle), y + length * Math.sin(angle), halfWidth, faint)
  }
}

/** Writes the canvas as bytes with uniform noise added; one random word serves four pixels. */
function addNoise(generator: Generator, output: Uint8Array): void {
  const amplitude = generator.uniform(0, 80) / 128
  const { ink } = canvas
  for (let i = 0; i < output.length; i += 4) {
    const word = generator.uint32()
    for (let lane = 0; lane < 4; lane++) {
      const noise = ((word >>> (8 * lane)) & 255) - 127.5
      output[i + lane] = Math.min(255, Math.max(0, Math.round(255 * ink[i + lane] + amplitude * noise)))
    }
  }
}
