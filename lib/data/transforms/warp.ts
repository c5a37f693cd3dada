import { checkChoice } from '../../util/check.ts'
import type { Picture } from './color.ts'
import { type ImageBatch, perChannel } from './image_batch.ts'

/** How pixels between pixels are made: the nearest one, or of the four around it in proportion. */
export type Interpolation = 'nearest' | 'bilinear'

/**
 * Where the pixels of an image come from: output pixel `(x, y)`, counted from the middle of the image, shows the input at
 * `(a·x + b·y + c, d·x + e·y + f)`, counted from the middle too.
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Checks the name of an interpolation. */
export function checkInterpolation(op: string, interpolation: Interpolation): Interpolation {
  return checkChoice(op, 'interpolation', interpolation, ['nearest', 'bilinear'])
}

/**
 * The inverse of: shear, then scale, then rotate clockwise about `center`, then shift. Angles in degrees.
 *
 * @param center - from the middle of the image.
 *
 * Source: torchvision's `_get_inverse_affine_matrix`.
 */
export function inverseAffine(
  angle: number,
  translate: readonly [x: number, y: number],
  scale: number,
  shear: readonly [x: number, y: number],
  center: readonly [x: number, y: number] = [0, 0],
): Affine {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const [rotation, shearX, shearY] = [radians(angle), radians(shear[0]), radians(shear[1])]
  const a = Math.cos(rotation - shearY) / Math.cos(shearY)
  const b = (-Math.cos(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(rotation)
  const c = Math.sin(rotation - shearY) / Math.cos(shearY)
  const d = (-Math.sin(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(rotation)
  const matrix = [d / scale, -b / scale, -c / scale, a / scale]
  const [x, y] = [-center[0] - translate[0], -center[1] - translate[1]]
  return [
    ...[matrix[0], matrix[1], matrix[0] * x + matrix[1] * y + center[0]],
    ...[matrix[2], matrix[3], matrix[2] * x + matrix[3] * y + center[1]],
  ] as unknown as Affine
}

/**
 * Moves the pixels of each image as its map says; null leaves an image as it is.
 *
 * @param fill - what lies outside, 0 to 255, one number or one per channel.
 */
export function warp(
  op: string,
  images: ImageBatch,
  maps: (n: number) => Affine | null,
  interpolation: Interpolation,
  fill: number | readonly number[],
): void {
  const { length, height, width, channels } = images
  const pixels = images.pixels(op)
  const size = height * width * channels
  const output = new Uint8Array(pixels.length)
  const outside = perChannel(op, 'fill', fill, channels)
  const sample = interpolation === 'nearest' ? warpNearest : warpBilinear
  for (let n = 0; n < length; n++) {
    const map = maps(n)
    const input = pixels.subarray(n * size, (n + 1) * size)
    const result = output.subarray(n * size, (n + 1) * size)
    if (map === null) result.set(input)
    else sample(input, result, map, height, width, channels, outside)
  }
  images.replace(output, height, width)
}

/** Moves the pixels of one image, in place. */
export function warpPicture(
  { pixels, height, width, channels }: Picture,
  map: Affine,
  interpolation: Interpolation,
  fill: number | readonly number[],
): void {
  const sample = interpolation === 'nearest' ? warpNearest : warpBilinear
  sample(pixels.slice(), pixels, map, height, width, channels, perChannel('warp', 'fill', fill, channels))
}

type Sampler = (
  input: Uint8Array,
  output: Uint8Array,
  map: Affine,
  height: number,
  width: number,
  channels: number,
  outside: readonly number[],
) => void

const warpNearest: Sampler = (input, output, [a, b, c, d, e, f], height, width, channels, outside) => {
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]
  let at = 0
  for (let oy = 0; oy < height; oy++) {
    const y = oy - middleY
    for (let ox = 0; ox < width; ox++) {
      const x = ox - middleX
      const ix = roundHalfEven(a * x + b * y + c + middleX)
      const iy = roundHalfEven(d * x + e * y + f + middleY)
      const inside = ix >= 0 && ix < width && iy >= 0 && iy < height
      const from = (iy * width + ix) * channels
      for (let ch = 0; ch < channels; ch++) output[at++] = inside ? input[from + ch] : outside[ch]
    }
  }
}

/** As `torch.nn.functional.grid_sample` rounds; where sines and cosines should meet a half exactly, they miss it by 10⁻¹⁵. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (Math.abs(rest - 0.5) < 1e-9) return floor % 2 === 0 ? floor : floor + 1
  return rest < 0.5 ? floor : floor + 1
}

const warpBilinear: Sampler = (input, output, [a, b, c, d, e, f], height, width, channels, outside) => {
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]
  const at = (y: number, x: number, ch: number): number =>
    x >= 0 && x < width && y >= 0 && y < height ? input[(y * width + x) * channels + ch] : outside[ch]
  for (let oy = 0; oy < height; oy++) {
    for (let ox = 0; ox < width; ox++) {
      const x = a * (ox - middleX) + b * (oy - middleY) + c + middleX
      const y = d * (ox - middleX) + e * (oy - middleY) + f + middleY
      const [x0, y0] = [Math.floor(x), Math.floor(y)]
      const [right, down] = [x - x0, y - y0]
      for (let ch = 0; ch < channels; ch++) {
        const top = at(y0, x0, ch) * (1 - right) + at(y0, x0 + 1, ch) * right
        const bottom = at(y0 + 1, x0, ch) * (1 - right) + at(y0 + 1, x0 + 1, ch) * right
        output[(oy * width + ox) * channels + ch] = Math.round(top * (1 - down) + bottom * down)
      }
    }
  }
}
