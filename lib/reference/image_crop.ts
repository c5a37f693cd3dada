import type { Floats } from './types.ts'

/** What pixels outside an image are: one colour, the nearest pixel, or mirrored ones without and with the border itself. */
export const cropModes = ['constant', 'edge', 'reflect', 'symmetric'] as const
/** One of {@link cropModes}. */
export type CropMode = (typeof cropModes)[number]

/**
 * A batch of uint8 images `[n, ih, iw, c]` cut to `oh × ow`, flipped and turned into floats; `rectangles` of each image are
 * painted over.
 */
export interface ImageCropProblem {
  n: number
  c: number
  ih: number
  iw: number
  oh: number
  ow: number
  rectangles: number
  mode: CropMode
}

/**
 * Number of floats of one channel in `levels`: one for each pixel value, and one for what lies outside in mode
 * constant.
 */
export const LEVELS = 257

/** The row or column that stands for number `i` of `size`; −1 where mode constant has none. */
function sourceOf(i: number, size: number, mode: CropMode): number {
  if (i >= 0 && i < size) return i
  if (mode === 'constant') return -1
  if (mode === 'edge') return i < 0 ? 0 : size - 1
  // Mirrored again and again: the pattern repeats after a round trip, which visits the ends once or twice.
  const last = mode === 'reflect' ? size - 1 : size
  if (last === 0) return 0
  const period = 2 * last
  const place = ((i % period) + period) % period
  return place < size ? place : mode === 'reflect' ? period - place : period - 1 - place
}

/**
 * `output[n, oh, ow, c] = levels[c, input[n, top + y, left + x, c]]` with `y = oh`, or `OH − 1 − oh` of an image flipped
 * upside down, `x` likewise; where the mode has no such pixel, `levels[c, 256]`. Then, rectangle after rectangle,
 * `output[n, y, x, c] = values[r, c]` for `y` in `[top, bottom)` and `x` in `[left, right)` of rectangle `r` of image `n`.
 *
 * @param placement int32 `[n, 4]`: top, left, whether upside down, whether mirrored
 * @param levels `[c, 257]`
 * @param rectangles int32 `[n, rectangles, 4]`: top, left, bottom, right in the output; what lies outside it is ignored
 * @param values `[rectangles, c]`
 *
 * Source: torchvision's RandomCrop, RandomHorizontalFlip, Normalize and RandomErasing, in one pass.
 */
export function imageCrop(
  problem: ImageCropProblem,
  input: Uint8Array,
  placement: Int32Array,
  levels: Floats,
  rectangles: Int32Array | null,
  values: Floats | null,
  output: Floats,
): void {
  const { n: N, c: C, ih: IH, iw: IW, oh: OH, ow: OW, rectangles: R, mode } = problem
  for (let n = 0; n < N; n++) {
    const [top, left, upsideDown, mirrored] = placement.subarray(4 * n, 4 * n + 4)
    for (let oh = 0; oh < OH; oh++) {
      for (let ow = 0; ow < OW; ow++) {
        const ih = sourceOf(top + (upsideDown ? OH - 1 - oh : oh), IH, mode)
        const iw = sourceOf(left + (mirrored ? OW - 1 - ow : ow), IW, mode)
        for (let c = 0; c < C; c++) {
          const level = ih < 0 || iw < 0 ? 256 : input[((n * IH + ih) * IW + iw) * C + c]
          output[((n * OH + oh) * OW + ow) * C + c] = levels[c * LEVELS + level]
        }
      }
    }
    for (let r = 0; r < R; r++) {
      const at = 4 * (n * R + r)
      const [y0, x0, y1, x1] = rectangles!.subarray(at, at + 4)
      for (let oh = Math.max(0, y0); oh < Math.min(OH, y1); oh++) {
        for (let ow = Math.max(0, x0); ow < Math.min(OW, x1); ow++) {
          for (let c = 0; c < C; c++) output[((n * OH + oh) * OW + ow) * C + c] = values![r * C + c]
        }
      }
    }
  }
}
