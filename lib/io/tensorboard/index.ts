import { appendFileSync, mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { checkInteger } from '../../util/check.ts'
import { FormatError } from '../../util/errors.ts'
import { frame } from './record.ts'
import { encodeEvent, type Histogram, type SummaryValue, type TensorBoardEvent } from './schema.ts'

/** Parts of a histogram, as many as TensorBoard shows. */
const BUCKETS = 30

let writers = 0

function histogramOf(values: ArrayLike<number>): Histogram {
  const finite = Array.from(values).filter(Number.isFinite)
  const min = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const max = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const width = (max - min) / BUCKETS || 1
  const bucket = new Array<number>(BUCKETS).fill(0)
  let sum = 0
  let sumSquares = 0
  for (const value of finite) {
    bucket[Math.min(BUCKETS - 1, Math.floor((value - min) / width))]++
    sum += value
    sumSquares += value * value
  }
  const bucketLimit = bucket.map((_, i) => (i === BUCKETS - 1 && max > min ? max : min + (i + 1) * width))
  return { min, max, num: finite.length, sum, sumSquares, bucketLimit, bucket }
}

/**
 * Writes scalars, histograms and images into an event file that TensorBoard reads, with the methods of PyTorch's `SummaryWriter`.
 * What a call was given is in the file when it returns.
 *
 * ```ts
 * const writer = new SummaryWriter('runs/digits')
 * writer.addScalar('loss/train', 0.25, 100)
 * ```
 *
 * @throws {FormatError} when the folder or the file cannot be written.
 */
export class SummaryWriter {
  /** The event file. */
  readonly path: string

  constructor(logDir: string) {
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0')
    this.path = join(logDir, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${writers++}`)
    try {
      mkdirSync(logDir, { recursive: true })
    } catch (error) {
      throw new FormatError(
        `SummaryWriter: cannot make the folder (${(error as NodeJS.ErrnoException).code}); ${logDir}`,
      )
    }
    this.#write({ wallTime: Date.now() / 1000, fileVersion: 'brain.Event:2' })
  }

  /** Adds a number at a step. */
  addScalar(tag: string, value: number, step: number): void {
    this.#add({ tag, simpleValue: value }, step)
  }

  /** Adds the distribution of numbers at a step; those that are not finite are left out. Without any left nothing is written. */
  addHistogram(tag: string, values: ArrayLike<number>, step: number): void {
    const histo = histogramOf(values)
    if (histo.num > 0) this.#add({ tag, histo }, step)
  }

  /** Adds a PNG file as an image at a step. */
  addImage(tag: string, png: Uint8Array, step: number): void {
    const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
    if (png.length < 26 || view.getUint32(0) !== 0x89504e47) {
      throw new FormatError(`SummaryWriter: expected the bytes of a PNG file, got ${png.length} others`)
    }
    // The header's kinds of colour, and the number of channels that the format calls a colour space.
    const colorspace = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 }[view.getUint8(25)] ?? 3
    const image = { width: view.getUint32(16), height: view.getUint32(20), colorspace, encodedImageString: png }
    this.#add({ tag, image }, step)
  }

  #add(value: SummaryValue, step: number): void {
    checkInteger('SummaryWriter', 'step', step, 0)
    this.#write({ wallTime: Date.now() / 1000, step: BigInt(step), summary: { value: [value] } })
  }

  #write(event: TensorBoardEvent): void {
    try {
      appendFileSync(this.path, frame(encodeEvent(event)))
    } catch (error) {
      throw new FormatError(
        `SummaryWriter: cannot write the file (${(error as NodeJS.ErrnoException).code}); ${this.path}`,
      )
    }
  }
}
