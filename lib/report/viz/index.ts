// Pictures of tensors as PNG files.
import { saveParts } from '../../io/replace_file.ts'
import { Module } from '../../nn/module.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { RangeError, ShapeError } from '../../util/errors.ts'
import { formatShape } from '../../util/shape.ts'
import { gatherMaps } from '../details/maps.ts'
import { enlarge, type Picture, rangeOf, tile, toPicture, toPng, type ValueRange } from './picture.ts'
import { filterPictures, firstFilters, mapPictures } from './tiles.ts'

/** How pictures are laid out in the rows of one file. */
export interface SheetOptions {
  /** Pictures in a row, at least 1; 8 by default. */
  nrow?: number
  /** Pixels between pictures, 2 by default. */
  padding?: number
  /** Side of the square that a pixel becomes, at least 1; 1 by default, 8 for {@link filters}. */
  scale?: number
}

/** {@link SheetOptions}, and which numbers {@link grid} takes for black and white. */
export interface GridOptions extends SheetOptions {
  /** Numbers that become black and white, `[0, 1]` by default; `null` takes the smallest and the largest. */
  valueRange?: readonly [number, number] | null
}

const NAMES = ['nrow', 'padding', 'scale']

function save(op: string, path: string, pictures: readonly Picture[], options: SheetOptions): void {
  const nrow = checkInteger(op, 'nrow', options.nrow ?? 8, 1)
  const padding = checkInteger(op, 'padding', options.padding ?? 2, 0)
  const scale = checkInteger(op, 'scale', options.scale ?? 1, 1)
  saveParts(op, path, [
    toPng(
      tile(
        pictures.map((one) => enlarge(one, scale)),
        nrow,
        padding,
        0,
      ),
    ),
  ])
}

/**
 * Writes images side by side as a PNG file, as torchvision's `save_image` does.
 *
 * @param images `[N, C, H, W]` with 1 or 3 channels
 * @throws {ShapeError} for another shape.
 * @throws {FormatError} when the file cannot be written.
 */
export function grid(images: Tensor, path: string, options: GridOptions = {}): void {
  checkOptions('grid', options, [...NAMES, 'valueRange'])
  const [count, channels, height, width] = images.shape
  if (images.ndim !== 4 || (channels !== 1 && channels !== 3) || images.size === 0) {
    throw new ShapeError(`grid: expected images [N, C, H, W] with 1 or 3 channels; images ${formatShape(images.shape)}`)
  }
  const values = images.toTypedArray() as Float32Array
  const { valueRange = [0, 1] } = options
  const range: ValueRange = valueRange ?? rangeOf(values)
  const size = channels * height * width
  const pictures = Array.from({ length: count }, (_, n) =>
    toPicture(values, n * size, [channels, height, width], [range]),
  )
  save('grid', path, pictures, options)
}

/**
 * Writes the filters of a convolution as a PNG file: in colour for three input channels, else one picture for each plane. Grey is
 * 0, white the largest weight and black its opposite.
 *
 * @param source a weight `[O, I, KH, KW]`, or a model, whose first such weight it is
 * @throws {ShapeError} when there is none.
 * @throws {FormatError} when the file cannot be written.
 */
export function filters(source: Tensor | Module, path: string, options: SheetOptions = {}): void {
  checkOptions('filters', options, NAMES)
  const weight = source instanceof Module ? (firstFilters(source)?.[1] ?? null) : source
  if (weight === null || weight.ndim !== 4 || weight.size === 0) {
    const got = weight === null ? 'a model without one' : formatShape(weight.shape)
    throw new ShapeError(`filters: expected a weight [O, I, KH, KW], got ${got}`)
  }
  save('filters', path, filterPictures(weight, Number.POSITIVE_INFINITY), { scale: 8, ...options })
}

/**
 * Writes what the module `layer` of a model makes of the first sample of `input` as a PNG file, one picture for each channel, from
 * its smallest value (black) to its largest (white).
 *
 * @param input `[N, C, H, W]`
 * @param layer path of the module, as `namedModules` has it
 * @throws {RangeError} when no module has this path, or it did not make a tensor `[N, C, H, W]`.
 * @throws {FormatError} when the file cannot be written.
 */
export function featureMaps(
  model: Module,
  input: Tensor,
  layer: string,
  path: string,
  options: SheetOptions = {},
): void {
  checkOptions('featureMaps', options, NAMES)
  const found = [...model.namedModules()].find(([name]) => name === layer)
  const maps = found === undefined ? [] : gatherMaps(model, input, [found])
  if (maps.length === 0) {
    throw new RangeError(
      `featureMaps: expected a layer of the model that makes [N, C, H, W], got ${JSON.stringify(layer)}`,
    )
  }
  save('featureMaps', path, mapPictures(maps[0].values, maps[0].shape, Number.POSITIVE_INFINITY), options)
}
