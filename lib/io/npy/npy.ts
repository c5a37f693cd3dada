import { itemSize } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { rowMajorStrides } from '../../util/shape.ts'
import { elementBytes, readElements } from '../elements.ts'
import { type OpenFile, withFile } from '../open_file.ts'
import { saveParts } from '../replace_file.ts'
import { encodeNpyHeader, readNpyHeader } from './header.ts'

/**
 * Saves a tensor as an .npy file, which `numpy.load` reads.
 *
 * The elements lie in logical row-major order. The file appears under its name only when it is complete and on disk.
 *
 * @param path - of the file; its folder must exist.
 * @throws {FormatError} when the file cannot be written; an old file of that name is then as it was.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @example
 * saveNpy('features.npy', model.forward(images))
 */
export function saveNpy(path: string, tensor: Tensor): void {
  saveParts('saveNpy', path, partsOf(tensor))
}

function* partsOf(tensor: Tensor): Generator<Uint8Array> {
  yield encodeNpyHeader(tensor.dtype, tensor.shape)
  yield* elementBytes(tensor)
}

/** The contents of an .npy file. */
export function npyBytes(tensor: Tensor): Uint8Array {
  const header = encodeNpyHeader(tensor.dtype, tensor.shape)
  const bytes = new Uint8Array(header.length + tensor.size * itemSize(tensor.dtype))
  let end = 0
  for (const part of partsOf(tensor)) {
    bytes.set(part, end)
    end += part.length
  }
  return bytes
}

/**
 * Loads the array of an .npy file: versions 1 to 3 of the format, either byte order, row-major or Fortran order.
 *
 * float16, float32 and float64 become float32 (float64 is rounded); int8, int16, uint16 and int32 become int32; uint8 and
 * bool become uint8; uint32 and int64 become int64. An array in Fortran order keeps that order in memory. The header is
 * checked against the file's size before the tensor is made.
 *
 * @param path - of the file.
 * @throws {FormatError} when the file is missing or is no valid .npy file.
 * @throws {DTypeError} when it holds structured, complex, text or other elements.
 *
 * @example
 * const features = loadNpy('features.npy')
 */
export function loadNpy(path: string): Tensor {
  return withFile('loadNpy', path, (file) => readNpy('loadNpy', file))
}

/** Reads the array of an .npy file that is open. */
export function readNpy(op: string, file: OpenFile): Tensor {
  const { type, bigEndian, fortranOrder, shape, start } = readNpyHeader(op, file)
  const strides = fortranOrder ? rowMajorStrides([...shape].reverse()).reverse() : undefined
  return readElements(file, { type, bigEndian, shape, strides, start })
}
