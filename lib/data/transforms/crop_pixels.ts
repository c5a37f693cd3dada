import { type ImageCropProblem, imageCrop, LEVELS } from '../../reference/image_crop.ts'

/** Cuts and flips without turning pixels into floats: what the kernel does, over the pixel values themselves. */
export function cropPixels(
  sizes: Omit<ImageCropProblem, 'rectangles'>,
  pixels: Uint8Array,
  placement: Int32Array,
  fill: readonly number[],
): Uint8Array {
  const { n, c, oh, ow } = sizes
  const levels = Float32Array.from({ length: c * LEVELS }, (_, i) =>
    i % LEVELS < 256 ? i % LEVELS : fill[Math.floor(i / LEVELS)],
  )
  const cut = new Float32Array(n * oh * ow * c)
  imageCrop({ ...sizes, rectangles: 0 }, pixels, placement, levels, null, null, cut)
  return Uint8Array.from(cut)
}
