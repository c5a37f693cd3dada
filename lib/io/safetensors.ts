import { tensor } from '../tensor/create.ts'
import type { DType } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { DTypeError, FormatError } from '../util/errors.ts'
import { replaceFile } from './replace_file.ts'
import { type Entry, readHeader, withFile } from './safetensors_header.ts'

export interface SaveSafetensorsOptions {
  /** Any text to keep beside the tensors. */
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
  const entries = Object.entries(tensors).sort(([, a], [, b]) => width(b) - width(a))
  const parts: Uint8Array[] = []
  let end = 0
  for (const [name, value] of entries) {
    if (name === '__metadata__') throw new FormatError('saveSafetensors: expected no tensor to be named __metadata__')
    const values = value.toTypedArray()
    const begin = end
    end += values.byteLength
    header.push([name, { dtype: fileTypes[value.dtype], shape: value.shape, data_offsets: [begin, end] }])
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  try {
    replaceFile(path, [...encodeHeader(header), ...parts])
  } catch (error) {
    throw new FormatError(`saveSafetensors: cannot write the file (${(error as NodeJS.ErrnoException).code}); ${path}`)
  }
}

/**
 * Loads the tensors of a safetensors file.
 *
 * Everything the header says is checked against the file before any tensor is made, so a damaged or hostile file costs no
 * more memory than its own size. `BOOL` loads as uint8.
 *
 * @param path - of the file.
 * @returns name to tensor, in the file's order; pass it to `module.loadStateDict`.
 * @throws {FormatError} when the file is missing or is no valid safetensors file.
 * @throws {DTypeError} when a tensor has an element type that the library lacks.
 *
 * @example
 * model.loadStateDict(loadSafetensors('model.safetensors'))
 */
export function loadSafetensors(path: string): Record<string, Tensor> {
  return withFile('loadSafetensors', path, (file) => {
    const { entries } = readHeader('loadSafetensors', file)
    for (const entry of entries) arrayFor(entry, 0, path)
    return Object.fromEntries(
      entries.map((entry) => {
        const values = arrayFor(entry, entry.count, path)
        file.read(new Uint8Array(values.buffer), entry.start)
        return [entry.name, tensor(values, { shape: [...entry.shape] })]
      }),
    )
  })
}

/**
 * Reads the text kept beside the tensors of a safetensors file, without reading the tensors.
 *
 * @throws {FormatError} when the file is missing or is no valid safetensors file.
 */
export function loadSafetensorsMetadata(path: string): Record<string, string> {
  return withFile('loadSafetensorsMetadata', path, (file) => readHeader('loadSafetensorsMetadata', file).metadata)
}

function width(value: Tensor): number {
  return value.dtype === 'int64' ? 8 : value.dtype === 'uint8' ? 1 : 4
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

/** An array of `count` elements of the entry's type. The format is little-endian, as is every platform Node runs on but s390x. */
function arrayFor({ name, dtype }: Entry, count: number, path: string) {
  switch (dtype) {
    case 'F32':
      return new Float32Array(count)
    case 'I32':
      return new Int32Array(count)
    case 'I64':
      return new BigInt64Array(count)
    case 'U8':
    case 'BOOL':
      return new Uint8Array(count)
    default:
      throw new DTypeError(
        `loadSafetensors: expected ${name} to be F32, I32, I64, U8 or BOOL, got ${dtype}; convert it to F32; ${path}`,
      )
  }
}
