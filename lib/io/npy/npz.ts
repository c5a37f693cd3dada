import { crc32 } from 'node:zlib'
import { unzipSync, type Zippable, zipSync } from 'fflate'
import { itemSize } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { FormatError, StridedError } from '../../util/errors.ts'
import { bytesAsFile, withFile } from '../open_file.ts'
import { saveParts } from '../replace_file.ts'
import { npyBytes, readNpy } from './npy.ts'
import { type ZipEntry, zipEntries } from './zip_directory.ts'

/** Whether {@link saveNpz} trades time for space. */
export interface SaveNpzOptions {
  /** Whether to deflate the arrays, as `numpy.savez_compressed` does; `false` by default. */
  compress?: boolean
}

/** How much memory {@link loadNpz} lets an archive ask for. */
export interface LoadNpzOptions {
  /** How many bytes the arrays may have together once they are unpacked, 4 GiB by default; {@link FormatError} beyond. */
  maxBytes?: number
}

const MAX_BYTES = 2 ** 32
// What zip can address without its extension, with room for the headers.
const MAX_ARCHIVE = 2 ** 32 - 2 ** 24
// Deflate packs at most 258 bytes into 2 bits.
const MAX_RATIO = 1032
// The earliest date that zip has: the same tensors give the same file.
const DATE = new Date(1980, 0, 1)

/**
 * Saves named tensors as an .npz file, a zip archive of .npy files that `numpy.load` reads.
 *
 * The file appears under its name only when it is complete and on disk; the same tensors give the same bytes.
 *
 * @param path - of the file; its folder must exist.
 * @throws {FormatError} when a name is empty, the tensors have 4 GiB or more, or the file cannot be written; an old file of that name is then as it was.
 *
 * @example
 * saveNpz('split.npz', { images, labels }, { compress: true })
 */
export function saveNpz(path: string, tensors: Readonly<Record<string, Tensor>>, options: SaveNpzOptions = {}): void {
  checkOptions('saveNpz', options, ['compress'])
  const bytes = Object.values(tensors).reduce((sum, { size, dtype }) => sum + size * itemSize(dtype), 0)
  if (bytes > MAX_ARCHIVE) {
    throw new FormatError(
      `saveNpz: expected at most ${MAX_ARCHIVE} bytes of tensors, got ${bytes}; use saveSafetensors`,
    )
  }
  const files: Zippable = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === '') throw new FormatError('saveNpz: expected every tensor to have a name, got an empty one')
    files[`${name}.npy`] = npyBytes(tensor)
  }
  const archive = zipSync(files, { level: options.compress ? 6 : 0, mtime: DATE })
  saveParts('saveNpz', path, [archive])
}

/**
 * Loads the arrays of an .npz file, stored or deflated; element types as `loadNpy` says.
 *
 * What the archive says about sizes is checked before anything is unpacked, and the checksum of every array after it.
 *
 * @param path - of the file.
 * @param options.maxBytes - limit on the unpacked sizes together, against archives made to fill the memory.
 * @returns name to tensor, in the archive's order.
 * @throws {FormatError} when the file is missing, damaged, no .npz file, or unpacks to more than `maxBytes`.
 * @throws {DTypeError} when an array holds structured, complex, text or other elements.
 *
 * @example
 * const { images, labels } = loadNpz('split.npz')
 */
export function loadNpz(path: string, options: LoadNpzOptions = {}): Record<string, Tensor> {
  checkOptions('loadNpz', options, ['maxBytes'])
  const maxBytes = checkInteger('loadNpz', 'maxBytes', options.maxBytes ?? MAX_BYTES, 0)
  const archive = withFile('loadNpz', path, (file) => {
    if (file.size > maxBytes) throw tooLarge(file.size, maxBytes, path)
    const bytes = new Uint8Array(file.size)
    file.read(bytes, 0)
    return bytes
  })
  const entries = zipEntries(archive)
  if (entries === null) throw new FormatError(`loadNpz: expected a zip archive; ${path}`)
  checkNames(entries, path)
  checkSizes(archive, maxBytes, path)
  return Object.fromEntries(
    entries.map((entry) => {
      const file = bytesAsFile(`${path}: ${entry.name}`, unpack(archive, entry, path))
      return [entry.name.slice(0, -'.npy'.length), readNpy('loadNpz', file)]
    }),
  )
}

const tooLarge = (size: number, maxBytes: number, path: string): FormatError =>
  new FormatError(`loadNpz: expected at most ${maxBytes} bytes of arrays (maxBytes), got ${size}; ${path}`)

function checkNames(entries: readonly ZipEntry[], path: string): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    if (!name.endsWith('.npy')) {
      throw new FormatError(`loadNpz: expected an archive of .npy files, got ${JSON.stringify(name)}; ${path}`)
    }
    if (seen.has(name)) {
      throw new FormatError(`loadNpz: expected each name once, got ${JSON.stringify(name)} twice; ${path}`)
    }
    seen.add(name)
  }
}

/** Runs fflate; what it throws becomes an error about the file. */
function withFflate<Result>(path: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (error instanceof StridedError) throw error
    throw new FormatError(`loadNpz: the archive cannot be unpacked (${(error as Error).message}); ${path}`)
  }
}

/** Looks at the sizes that the archive gives, without unpacking anything. */
function checkSizes(archive: Uint8Array, maxBytes: number, path: string): void {
  let total = 0
  const filter = ({ name, size, originalSize, compression }: EntrySizes): boolean => {
    total += originalSize
    if (total > maxBytes) throw tooLarge(total, maxBytes, path)
    if (size > archive.length || originalSize > (compression === 0 ? size : size * MAX_RATIO)) {
      throw new FormatError(
        `loadNpz: ${name} cannot have ${originalSize} bytes in ${size} packed ones; the archive is damaged; ${path}`,
      )
    }
    return false
  }
  withFflate(path, () => unzipSync(archive, { filter }))
}

interface EntrySizes {
  name: string
  size: number
  originalSize: number
  compression: number
}

function unpack(archive: Uint8Array, { name, checksum }: ZipEntry, path: string): Uint8Array {
  const bytes = withFflate(path, () => unzipSync(archive, { filter: (info) => info.name === name }))[name]
  if (bytes === undefined || crc32(bytes) !== checksum) {
    throw new FormatError(`loadNpz: the checksum of ${name} does not fit; the archive is damaged; ${path}`)
  }
  return bytes
}
