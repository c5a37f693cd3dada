import type { Module } from '../../nn/module.ts'
import type { Parameter } from '../../nn/parameter.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type Picture, rangeOf, tile, toPicture, type ValueRange } from './picture.ts'

/** The first weight of two spatial dimensions, which is that of the first convolution. */
export function firstFilters(model: Module): [name: string, weight: Parameter] | null {
  for (const [name, parameter] of model.namedParameters()) if (parameter.ndim === 4) return [name, parameter]
  return null
}

/**
 * Filters `[O, I, KH, KW]` as pictures: in colour for three input channels, else one for each plane. Grey is 0, white the largest
 * and black its opposite, the same for all.
 */
export function filterPictures(weight: Tensor, most: number): Picture[] {
  const [outputs, inputs, height, width] = weight.shape
  const values = weight.toTypedArray() as Float32Array
  const [low, high] = rangeOf(values)
  const reach = Math.max(Math.abs(low), Math.abs(high))
  const range: ValueRange = reach > 0 ? [-reach, reach] : [-1, 1]
  const channels = inputs === 3 ? 3 : 1
  const size = channels * height * width
  const count = Math.min(most, (outputs * inputs) / channels)
  return Array.from({ length: count }, (_, i) => toPicture(values, i * size, [channels, height, width], [range]))
}

/** Maps `[C, H, W]` that begin at `begin`, each from its smallest to its largest value. */
export function mapPictures(
  values: Float32Array,
  [channels, height, width]: readonly number[],
  most: number,
): Picture[] {
  const plane = height * width
  return Array.from({ length: Math.min(most, channels) }, (_, c) =>
    toPicture(values, c * plane, [1, height, width], [rangeOf(values, c * plane, (c + 1) * plane)]),
  )
}

/** Pictures side by side, in rows of about as many as there are rows, or of at least 8, with transparent gaps. */
export function sheet(
  pictures: readonly Picture[],
  columns = Math.max(8, Math.ceil(Math.sqrt(pictures.length))),
): Picture {
  return tile(pictures, columns, 1, null)
}
