import { encode } from 'fast-png'
import type { PictureData } from '../../train/details.ts'

/** Pixels, row by row, one byte for each channel: 1 (grey) or 3 (red, green, blue), and perhaps one for opacity. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly pixels: Uint8Array
}

/** Numbers that become black and white; all between become grey or colours. */
export type ValueRange = readonly [low: number, high: number]

/** Smallest and largest finite number; `[0, 1]` where there is none. */
export function rangeOf(values: ArrayLike<number>, begin = 0, end = values.length): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = begin; i < end; i++) {
    const value = values[i]
    if (value < low && value !== Number.NEGATIVE_INFINITY) low = value
    if (value > high && value !== Number.POSITIVE_INFINITY) high = value
  }
  return low <= high ? [low, high] : [0, 1]
}

/**
 * Makes a picture of numbers `[C, H, W]` that begin at `begin`: `round(255 · (value − low) / (high − low))`, kept between 0 and
 * 255. A NaN is black.
 */
export function toPicture(
  values: ArrayLike<number>,
  begin: number,
  [channels, height, width]: readonly [number, number, number],
  ranges: readonly ValueRange[],
): Picture {
  const plane = height * width
  const pixels = new Uint8Array(channels * plane)
  for (let c = 0; c < channels; c++) {
    const [low, high] = ranges[c % ranges.length]
    const factor = high > low ? 255 / (high - low) : 0
    for (let i = 0; i < plane; i++) {
      const level = (values[begin + c * plane + i] - low) * factor
      pixels[i * channels + c] = Math.max(0, Math.min(255, Math.floor(level + 0.5)))
    }
  }
  return { width, height, channels, pixels }
}

/** Every pixel as a square of `factor` by `factor`. */
export function enlarge({ width, height, channels, pixels }: Picture, factor: number): Picture {
  if (factor === 1) return { width, height, channels, pixels }
  const made = new Uint8Array(pixels.length * factor * factor)
  const row = width * factor * channels
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels
      for (let c = 0; c < channels; c++) made[y * row + x * channels + c] = pixels[from + c]
    }
  }
  return { width: width * factor, height: height * factor, channels, pixels: made }
}

/** The same picture with an opaque channel for transparency at the end. */
function withAlpha({ width, height, channels, pixels }: Picture): Picture {
  const made = new Uint8Array(width * height * (channels + 1)).fill(255)
  for (let i = 0; i < pixels.length; i++) made[i + Math.floor(i / channels)] = pixels[i]
  return { width, height, channels: channels + 1, pixels: made }
}

/**
 * Pictures of one size beside and below each other, `columns` in a row, with `gap` pixels around each: of grey level `level`, or
 * transparent where that is null.
 */
export function tile(pictures: readonly Picture[], columns: number, gap: number, level: number | null): Picture {
  const all = level === null ? pictures.map(withAlpha) : pictures
  const { width, height, channels } = all[0]
  const across = Math.min(columns, all.length)
  const down = Math.ceil(all.length / across)
  const size = { width: across * (width + gap) + gap, height: down * (height + gap) + gap }
  const pixels = new Uint8Array(size.width * size.height * channels).fill(level ?? 0)
  all.forEach((picture, i) => {
    const left = gap + (i % across) * (width + gap)
    const top = gap + Math.floor(i / across) * (height + gap)
    for (let y = 0; y < height; y++) {
      const line = picture.pixels.subarray(y * width * channels, (y + 1) * width * channels)
      pixels.set(line, ((top + y) * size.width + left) * channels)
    }
  })
  return { ...size, channels, pixels }
}

/** A PNG file. */
export function toPng({ width, height, channels, pixels }: Picture): Uint8Array {
  return encode({ width, height, channels, data: pixels, depth: 8 })
}

/** A picture that fits into JSON and into a page. */
export function toPictureData(picture: Picture): PictureData {
  const { width, height } = picture
  return { url: `data:image/png;base64,${Buffer.from(toPng(picture)).toString('base64')}`, width, height }
}
