import { type DType, itemSize } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { DTypeError, FormatError } from '../util/errors.ts'
import { elementBytes, type FileType, readElements } from './elements.ts'
import { withFile } from './open_file.ts'
import { saveParts } from './replace_file.ts'
import { type Entry, readHeader } from './safetensors_header.ts'

/** What {@link saveSafetensors} writes beside the tensors. */
export interface SaveSafetensorsOptions {
  /** Texts by name, which {@link loadSafetensorsMetadata} reads; none by default. */
  metadata?: Readonly<Record<string, string>>
}

/** The format's name of each element type. */
const fileTypes: Record<DType, string> = { float32: 'F32', int32: 'I32', uint8: 'U8', int64: 'I64' }

/**
 * Saves named tensors as a safetensors file, the format that PyTorch's ecosystem shares weights in.
 *
 * The file is an 8-byte little-endian length, a JSON header of that length, and the tensors in logical row-major order,
 * wide types first so that each is aligned. It appears under its name only when it is complete and on disk: a crash
 * leaves the old file or none, never half of one.
 *
 * @param path - of the file; its folder must exist.
 * @param tensors - name to tensor, such as a module's `stateDict()`.
 * @throws {FormatError} when a name is `__metadata__`, the metadata is not all text, or the file cannot be written; an
 * old file of that name is then as it was.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * @example
 * saveSafetensors('model.safetensors', model.stateDict(), { metadata: { epochs: '5' } })
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  { metadata }: SaveSafetensorsOptions = {},
): void {
  const header: [string, unknown][] = []
  if (metadata !== undefined) header.push(['__metadata__', checkMetadata(metadata)])
  // The sort is stable: within a type the tensors keep their order.
  const entries = Object.entries(tensors).sort(([, a], [, b]) => itemSize(b.dtype) - itemSize(a.dtype))
  let end = 0
  for (const [name, value] of entries) {
    if (name === '__metadata__') throw new FormatError('saveSafetensors: expected no tensor to be named __metadata__')
    const begin = end
    end += value.size * itemSize(value.dtype)
    header.push([name, { dtype: fileTypes[value.dtype], shape: value.shape, data_offsets: [begin, end] }])
  }
  saveParts('saveSafetensors', path, contents(header, entries))
}

/** One tensor after the other, so that no second copy of all of them is in memory. */
function* contents(
  header: [string, unknown][],
  entries: readonly (readonly [string, Tensor])[],
): Generator<Uint8Array> {
  yield* encodeHeader(header)
  for (const [, value] of entries) yield* elementBytes(value)
}

/** What the format's element types become; those left out fit no type of the library. */
const TENSOR_TYPES: Readonly<Record<string, FileType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
}

/**
 * Loads the tensors of a safetensors file.
 *
 * `F64`, `F32`, `F16` and `BF16` become float32 (`F64` is rounded to the nearest), `I64` and `U32` int64, `I32`, `I16`,
 * `I8` and `U16` int32, `U8` and `BOOL` uint8.
 *
 * Everything the header says is checked against the file before any tensor is made, so a damaged or hostile file costs no
 * more memory than its own size. Tensors are read straight into their own memory, a mebibyte at a time, so that a large
 * file needs no more than its tensors do.
 *
 * @param path - of the file.
 * @returns name to tensor, in the file's order; pass it to `module.loadStateDict`.
 * @throws {FormatError} when the file is missing or is no valid safetensors file.
 * @throws {DTypeError} when a tensor has an element type that fits none of the library's.
 *
 * @example
 * model.loadStateDict(loadSafetensors('model.safetensors'))
 */
export function loadSafetensors(path: string): Record<string, Tensor> {
  return withFile('loadSafetensors', path, (file) => {
    const { entries } = readHeader('loadSafetensors', file)
    const types = entries.map((entry) => typeOf(entry, path))
    return Object.fromEntries(
      entries.map(({ name, shape, start }, i) => [name, readElements(file, { type: types[i], shape, start })]),
    )
  })
}

function typeOf({ name, dtype }: Entry, path: string): FileType {
  if (Object.hasOwn(TENSOR_TYPES, dtype)) return TENSOR_TYPES[dtype]
  throw new DTypeError(
    `loadSafetensors: expected ${name.slice(0, 100)} to be ${Object.keys(TENSOR_TYPES).join(', ')}, got ${dtype}; ` +
      `convert it to F32; ${path}`,
  )
}

/**
 * Reads the text kept beside the tensors of a safetensors file, without reading the tensors.
 *
 * @throws {FormatError} when the file is missing or is no valid safetensors file.
 */
export function loadSafetensorsMetadata(path: string): Record<string, string> {
  return withFile('loadSafetensorsMetadata', path, (file) => readHeader('loadSafetensorsMetadata', file).metadata)
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new FormatError(`saveSafetensors: expected metadata to be text, got a ${typeof value} for ${key}`)
    }
  }
  return metadata
}

/** The length and the JSON, padded with spaces so that the tensors start at a multiple of 8 bytes. */
function encodeHeader(header: [string, unknown][]): [Uint8Array, Uint8Array] {
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)))
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ')
  json.copy(padded)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return [length, padded]
}
