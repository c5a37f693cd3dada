/** A part of an image. */
export interface Window {
  top: number
  left: number
  height: number
  width: number
}

/** For each output position the first input it reads, and the weights of that and the following ones. */
interface Taps {
  first: Int32Array
  /** `[outputs, width]` */
  weights: Float64Array
  width: number
}

/**
 * Weights of a triangle around each output's place in the input; a triangle that is as wide as the input is shrunk, so that
 * no pixel is passed over ("antialias"), and one pixel wide to either side where it is enlarged.
 *
 * Source: Pillow's `ImagingResample`, torch's `interpolate(…, antialias=True)`.
 */
function triangle(inputs: number, outputs: number): Taps {
  const scale = inputs / outputs
  const reach = Math.max(1, scale)
  const width = Math.ceil(reach) * 2 + 1
  const taps: Taps = { first: new Int32Array(outputs), weights: new Float64Array(outputs * width), width }
  for (let o = 0; o < outputs; o++) {
    const center = scale * (o + 0.5)
    const first = Math.max(0, Math.trunc(center - reach + 0.5))
    const last = Math.min(inputs, Math.trunc(center + reach + 0.5))
    let sum = 0
    for (let i = first; i < last; i++) {
      const weight = Math.max(0, 1 - Math.abs(i + 0.5 - center) / reach)
      taps.weights[o * width + i - first] = weight
      sum += weight
    }
    for (let i = 0; i < last - first; i++) taps.weights[o * width + i] /= sum
    taps.first[o] = first
  }
  return taps
}

function nearest(inputs: number, outputs: number): Taps {
  const first = Int32Array.from({ length: outputs }, (_, o) => Math.floor((o * inputs) / outputs))
  return { first, weights: new Float64Array(outputs).fill(1), width: 1 }
}

/** Resizes windows of images of one size: rows first, then columns, rounded once at the end of each. */
export class Resampler {
  readonly #sizes: { ih: number; iw: number; c: number; oh: number; ow: number }
  readonly #tapsOf: (inputs: number, outputs: number) => Taps

  constructor(ih: number, iw: number, c: number, oh: number, ow: number, interpolation: 'bilinear' | 'nearest') {
    this.#sizes = { ih, iw, c, oh, ow }
    const known = new Map<string, Taps>()
    this.#tapsOf = (inputs, outputs) => {
      const key = `${inputs}:${outputs}`
      const taps = known.get(key) ?? (interpolation === 'nearest' ? nearest : triangle)(inputs, outputs)
      known.set(key, taps)
      return taps
    }
  }

  /** Resizes `window` of image `n` of `input` `[N, ih, iw, c]` to image `n` of `output` `[N, oh, ow, c]`. */
  run(input: Uint8Array, n: number, window: Window, output: Uint8Array): void {
    const { ih, iw, c, oh, ow } = this.#sizes
    const across = this.#tapsOf(window.width, ow)
    const down = this.#tapsOf(window.height, oh)
    const narrow = new Uint8Array(window.height * ow * c)
    for (let y = 0; y < window.height; y++) {
      const row = ((n * ih + window.top + y) * iw + window.left) * c
      for (let x = 0; x < ow; x++) {
        for (let ch = 0; ch < c; ch++) {
          const value = weighed(input, row + across.first[x] * c + ch, c, across, x)
          narrow[(y * ow + x) * c + ch] = value
        }
      }
    }
    for (let y = 0; y < oh; y++) {
      for (let x = 0; x < ow * c; x++) {
        output[(n * oh + y) * ow * c + x] = weighed(narrow, down.first[y] * ow * c + x, ow * c, down, y)
      }
    }
  }
}

function weighed(input: Uint8Array, start: number, step: number, { weights, width }: Taps, o: number): number {
  let sum = 0
  for (let i = 0; i < width; i++) {
    const weight = weights[o * width + i]
    if (weight !== 0) sum += weight * input[start + i * step]
  }
  return Math.floor(sum + 0.5)
}
