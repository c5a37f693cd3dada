// Changes of the colours of one image, pixels [H · W, C] of uint8, in place. Formulas as in torchvision on uint8 tensors: a
// blend `factor · image + (1 − factor) · other` is cut to [0, 255] and truncated.

/** One image: a stretch of the batch's pixels. */
export interface Picture {
  pixels: Uint8Array
  height: number
  width: number
  channels: number
}

const table = new Uint8Array(256)

/** Sets every pixel value `v` to `table[v]`, filled by `change`. */
export function mapValues(pixels: Uint8Array, change: (value: number) => number): void {
  for (let value = 0; value < 256; value++) table[value] = change(value)
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]]
}

const cut = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value))

/** Luma of a pixel, truncated: `0.2989 R + 0.587 G + 0.114 B`; the value itself where there is one channel. */
function grayOf({ pixels, channels }: Picture, at: number): number {
  if (channels < 3) return pixels[at]
  return Math.trunc(0.2989 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2])
}

/** `factor · image`. */
export function adjustBrightness({ pixels }: Picture, factor: number): void {
  mapValues(pixels, (value) => cut(factor * value))
}

/** Blend with the mean of the grey image. */
export function adjustContrast(picture: Picture, factor: number): void {
  const { pixels, channels } = picture
  let sum = 0
  for (let at = 0; at < pixels.length; at += channels) sum += grayOf(picture, at)
  const mean = sum / (pixels.length / channels)
  mapValues(pixels, (value) => cut(factor * value + (1 - factor) * mean))
}

/** Blend with the grey image; nothing changes where there is one channel. */
export function adjustSaturation(picture: Picture, factor: number): void {
  const { pixels, channels } = picture
  if (channels < 3) return
  for (let at = 0; at < pixels.length; at += channels) {
    const gray = (1 - factor) * grayOf(picture, at)
    for (let c = 0; c < 3; c++) pixels[at + c] = cut(factor * pixels[at + c] + gray)
  }
}

/** Turns the hue by `shift` of the whole circle, in HSV; nothing changes where there is one channel. */
export function adjustHue({ pixels, channels }: Picture, shift: number): void {
  if (channels < 3) return
  for (let at = 0; at < pixels.length; at += channels) {
    const [r, g, b] = [pixels[at] / 255, pixels[at + 1] / 255, pixels[at + 2] / 255]
    const most = Math.max(r, g, b)
    const range = most - Math.min(r, g, b)
    if (range === 0) continue
    const sector = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range
    const hue = (((sector / 6 + shift) % 1) + 1) % 1
    const [whole, rest] = [Math.floor(hue * 6), hue * 6 - Math.floor(hue * 6)]
    const saturation = range / most
    const [p, q, t] = [most * (1 - saturation), most * (1 - saturation * rest), most * (1 - saturation * (1 - rest))]
    const turned = [
      [most, t, p],
      [q, most, p],
      [p, most, t],
      [p, q, most],
      [t, p, most],
      [most, p, q],
    ][whole % 6]
    // 256 less a hair instead of 255, so that every value comes from an interval of the same length.
    for (let c = 0; c < 3; c++) pixels[at + c] = cut(turned[c] * 255.999)
  }
}

/** Keeps the highest `bits` bits. */
export function posterize({ pixels }: Picture, bits: number): void {
  const mask = 256 - 2 ** (8 - bits)
  mapValues(pixels, (value) => value & mask)
}

/** Inverts what is at least `threshold`. */
export function solarize({ pixels }: Picture, threshold: number): void {
  mapValues(pixels, (value) => (value >= threshold ? 255 - value : value))
}

/** Stretches each channel to [0, 255]. */
export function autoContrast(picture: Picture): void {
  const { pixels, channels } = picture
  for (let c = 0; c < channels; c++) {
    let [low, high] = [255, 0]
    for (let at = c; at < pixels.length; at += channels) {
      low = Math.min(low, pixels[at])
      high = Math.max(high, pixels[at])
    }
    if (low >= high) continue
    for (let at = c; at < pixels.length; at += channels) {
      pixels[at] = Math.trunc(((pixels[at] - low) * 255) / (high - low))
    }
  }
}

/** Makes each channel's values equally frequent, as far as a map of values can. */
export function equalize({ pixels, channels }: Picture): void {
  for (let c = 0; c < channels; c++) {
    const counts = new Int32Array(256)
    for (let at = c; at < pixels.length; at += channels) counts[pixels[at]]++
    const last = counts.findLastIndex((count) => count > 0)
    const step = Math.floor((pixels.length / channels - counts[last]) / 255)
    if (step === 0) continue
    const map = new Uint8Array(256)
    let below = 0
    for (let value = 0; value < 256; value++) {
      map[value] = Math.min(255, Math.floor((below + Math.floor(step / 2)) / step))
      below += counts[value]
    }
    map[0] = 0
    for (let at = c; at < pixels.length; at += channels) pixels[at] = map[pixels[at]]
  }
}

/** Blend with the image smoothed by `[1 1 1; 1 5 1; 1 1 1] / 13`; the border stays. */
export function adjustSharpness({ pixels, height, width, channels }: Picture, factor: number): void {
  if (height <= 2 || width <= 2) return
  const before = pixels.slice()
  const row = width * channels
  for (let y = 1; y < height - 1; y++) {
    for (let i = channels; i < row - channels; i++) {
      const at = y * row + i
      let sum = 4 * before[at]
      for (let line = at - row; line <= at + row; line += row) {
        sum += before[line - channels] + before[line] + before[line + channels]
      }
      const smooth = Math.round(sum / 13)
      pixels[at] = cut(factor * before[at] + (1 - factor) * smooth)
    }
  }
}
