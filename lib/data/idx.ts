import { readFileSync, statSync } from 'node:fs'
import { constants, gunzipSync } from 'node:zlib'
import { FormatError } from '../util/errors.ts'

/** Element types of the IDX format, in the machine's own byte order once read. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** The contents of one IDX file: `data` holds `shape` in row-major order. */
export interface IdxArray {
  /** Sizes of the dimensions, the outermost first. */
  shape: number[]
  /** The elements. */
  data: IdxData
}

/** What {@link readIdx} takes from a file that may have been made to fill the memory. */
export interface ReadIdxOptions {
  /**
   * Refuses files whose elements take more than this many bytes, with {@link FormatError}. Default 2³¹, more than any
   * known data set in this format.
   */
  maxBytes?: number
}

/** Bytes per element by the type code in the third byte of the file. */
const itemSizes = new Map([
  [0x08, 1],
  [0x09, 1],
  [0x0b, 2],
  [0x0c, 4],
  [0x0d, 4],
  [0x0e, 8],
])

/** Deflate cannot shrink data by more than this factor (258 bytes from two bits), so a longer promise is a lie. */
const MAX_DEFLATE_RATIO = 1032

/** The longest header is 4 bytes and 255 dimensions of 4; this many packed bytes hold it and a file name of a kilobyte. */
const HEADER_PREFIX = 2048

interface Header {
  code: number
  shape: number[]
  /** Where the data starts. */
  offset: number
  /** Bytes of data that the dimensions promise. */
  byteLength: number
}

/**
 * Reads an IDX file, the format of MNIST and its relatives, gzipped or not (told by its first two bytes).
 *
 * The file starts with two zero bytes, a type code (`0x08` uint8, `0x09` int8, `0x0b` int16, `0x0c` int32, `0x0d`
 * float32, `0x0e` float64) and the number of dimensions; then one big-endian 32-bit size per dimension and the
 * big-endian elements in row-major order. Never allocates more than the header promises, and refuses a header that
 * promises more than the file can hold.
 *
 * @param path - of the file.
 * @returns shape and elements.
 * @throws {FormatError} when the file is missing, is not IDX, is truncated or corrupt, has bytes left over, or is too large.
 *
 * Source: the format note at the foot of LeCun's MNIST page.
 *
 * @example
 * const { shape, data } = readIdx('t10k-images-idx3-ubyte.gz')
 * // shape: [10000, 28, 28], data: Uint8Array
 */
export function readIdx(path: string, { maxBytes = 2 ** 31 }: ReadIdxOptions = {}): IdxArray {
  const file = readFile(path)
  const gzipped = file.length >= 2 && file[0] === 0x1f && file[1] === 0x8b
  const header = parseHeader(gzipped ? unpackPrefix(file, path) : file, path)
  const { shape, offset, byteLength } = header
  const promise = `[${shape.join(', ')}] (${byteLength} bytes of data)`
  // Written so that a NaN, 0 times an overflowing product, is refused too.
  if (!(byteLength <= maxBytes)) {
    throw new FormatError(`readIdx: expected at most ${maxBytes} bytes, got a header that promises ${promise}; ${path}`)
  }
  if (gzipped && byteLength > file.length * MAX_DEFLATE_RATIO) {
    throw new FormatError(
      `readIdx: truncated: the header promises ${promise}, more than ${file.length} compressed bytes can hold; ${path}`,
    )
  }
  const bytes = gzipped ? unpack(file, offset + byteLength, path) : file
  const rest = bytes.length - offset
  if (rest < byteLength) {
    throw new FormatError(`readIdx: truncated: the header promises ${promise}, got ${rest} bytes; ${path}`)
  }
  if (rest > byteLength) {
    throw new FormatError(`readIdx: trailing bytes: the header promises ${promise}, got more; ${path}`)
  }
  return { shape, data: decode(header.code, bytes, offset) }
}

function readFile(path: string): Buffer {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new FormatError(`readIdx: no such file; ${path}`)
  if (!stat.isFile()) throw new FormatError(`readIdx: expected a regular file; ${path}`)
  try {
    return readFileSync(path)
  } catch (error) {
    throw new FormatError(`readIdx: cannot read the file (${(error as NodeJS.ErrnoException).code}); ${path}`)
  }
}

/** Unpacks just enough to see the header, so that its promise can be judged before the data is touched. */
function unpackPrefix(file: Buffer, path: string): Buffer {
  const prefix = file.subarray(0, HEADER_PREFIX)
  return inflate(prefix, path, HEADER_PREFIX * MAX_DEFLATE_RATIO, constants.Z_SYNC_FLUSH)
}

function unpack(file: Buffer, expected: number, path: string): Buffer {
  return inflate(file, path, expected, constants.Z_FINISH)
}

function inflate(packed: Buffer, path: string, maxOutputLength: number, finishFlush: number): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength, finishFlush })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new FormatError(`readIdx: trailing bytes: the header promises ${maxOutputLength} bytes, got more; ${path}`)
    }
    if (code === 'Z_BUF_ERROR') throw new FormatError(`readIdx: truncated gzip file of ${packed.length} bytes; ${path}`)
    throw new FormatError(`readIdx: corrupt gzip file (${message}); ${path}`)
  }
}

function parseHeader(bytes: Buffer, path: string): Header {
  if (bytes.length < 4) throw new FormatError(`readIdx: truncated: ${bytes.length} bytes hold no IDX header; ${path}`)
  const code = bytes[2]
  const itemSize = itemSizes.get(code)
  const ndim = bytes[3]
  if (bytes[0] !== 0 || bytes[1] !== 0 || itemSize === undefined || ndim === 0) {
    const magic = bytes
      .subarray(0, 4)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ')
    throw new FormatError(`readIdx: expected an IDX file (00 00, type 08 to 0e, dimensions), got ${magic}; ${path}`)
  }
  const offset = 4 + 4 * ndim
  if (bytes.length < offset) {
    throw new FormatError(`readIdx: truncated: ${ndim} dimensions need ${offset} bytes, got ${bytes.length}; ${path}`)
  }
  const shape = Array.from({ length: ndim }, (_, dim) => bytes.readUInt32BE(4 + 4 * dim))
  const byteLength = shape.reduce((product, size) => product * size, itemSize)
  return { code, shape, offset, byteLength }
}

/** Copies the elements out of the file into an array of their own, from big-endian to the machine's byte order. */
function decode(code: number, bytes: Buffer, offset: number): IdxData {
  const data = bytes.subarray(offset)
  if (code === 0x08) return Uint8Array.from(data)
  if (code === 0x09) return Int8Array.from(data)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (code === 0x0b) return Int16Array.from({ length: data.length / 2 }, (_, i) => view.getInt16(2 * i))
  if (code === 0x0c) return Int32Array.from({ length: data.length / 4 }, (_, i) => view.getInt32(4 * i))
  if (code === 0x0d) return Float32Array.from({ length: data.length / 4 }, (_, i) => view.getFloat32(4 * i))
  return Float64Array.from({ length: data.length / 8 }, (_, i) => view.getFloat64(8 * i))
}
