import { FormatError } from '../util/errors.ts'
import { duplicateKey, isDeeperThan } from './json_text.ts'
import type { OpenFile } from './open_file.ts'

/** One tensor of a safetensors file. */
export interface Entry {
  name: string
  /** The format's own name of the element type. */
  dtype: string
  shape: readonly number[]
  /** Position of the first byte in the file. */
  start: number
  /** Bytes of data. */
  byteLength: number
}

export interface Header {
  metadata: Record<string, string>
  /** In the order of their data. */
  entries: Entry[]
}

/** Bytes per element of every type the format knows whose elements are whole bytes. */
const itemSizes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
}

/** The format's own limit on the header, against files that would make a reader parse gigabytes of JSON. */
const MAX_HEADER = 100_000_000
/** The header, a tensor's entry, and the lists in it. */
const MAX_DEPTH = 3
/** More dimensions than any library computes with; a list of millions would be a tensor that chokes everything. */
const MAX_DIMS = 64

/**
 * Reads and checks the header: everything it says must agree with itself and with the file's size.
 *
 * @throws {FormatError} naming what does not.
 */
export function readHeader(op: string, file: OpenFile): Header {
  const fail = (message: string): never => {
    throw new FormatError(`${op}: ${message}; ${file.path}`)
  }
  const { text, dataStart } = readText(file, fail)
  const { __metadata__: metadata = {}, ...tensors } = parse(text, fail)
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    fail('expected __metadata__ to map names to text')
  }
  const entries = Object.entries(tensors).map(([name, value]) => readEntry(name, value, dataStart, fail))
  entries.sort((a, b) => a.start - b.start || a.byteLength - b.byteLength)
  let end = dataStart
  for (const { name, start, byteLength } of entries) {
    if (start !== end) {
      fail(
        `expected ${name.slice(0, MAX_SHOWN)} to start at byte ${end - dataStart} of the data, got ${start - dataStart}: tensors overlap or leave a gap`,
      )
    }
    end = start + byteLength
  }
  if (end !== file.size) fail(`expected ${end - dataStart} bytes of data, got ${file.size - dataStart}`)
  return { metadata: metadata as Record<string, string>, entries }
}

function readText(file: OpenFile, fail: (message: string) => never): { text: string; dataStart: number } {
  if (file.size < 8) fail(`expected at least 8 bytes, got ${file.size}`)
  const head = Buffer.alloc(8)
  file.read(head, 0)
  const length = head.readBigUInt64LE()
  if (length > BigInt(file.size - 8)) fail(`truncated: the header has ${length} bytes, the file ${file.size}`)
  if (length > MAX_HEADER) fail(`expected a header of at most ${MAX_HEADER} bytes, got ${length}`)
  const bytes = Buffer.alloc(Number(length))
  file.read(bytes, 8)
  if (bytes[0] !== 0x7b) fail('expected the header to start with {')
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), dataStart: 8 + bytes.length }
  } catch {
    return fail('expected the header to be UTF-8')
  }
}

function parse(text: string, fail: (message: string) => never): Record<string, unknown> {
  if (isDeeperThan(text, MAX_DEPTH)) fail(`expected at most ${MAX_DEPTH} brackets in each other`)
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch (error) {
    fail(`expected the header to be JSON (${(error as Error).message.replace(/\s+/g, ' ')})`)
  }
  const duplicate = duplicateKey(text)
  if (duplicate !== null) fail(`expected each name once, got ${shown(duplicate)} twice`)
  return header as Record<string, unknown>
}

function readEntry(name: string, value: unknown, dataStart: number, fail: (message: string) => never): Entry {
  const label = name.length > MAX_SHOWN ? shown(name) : name
  if (!isRecord(value) || typeof value.dtype !== 'string') return fail(`expected ${label} to have a dtype`)
  const { dtype, shape, data_offsets: offsets } = value
  if (!Object.hasOwn(itemSizes, dtype)) return fail(`unknown dtype ${dtype.slice(0, MAX_SHOWN)} of ${label}`)
  if (!isSizes(shape)) return fail(`expected ${label} to have a shape of sizes, got ${shown(shape)}`)
  if (shape.length > MAX_DIMS) fail(`expected ${label} to have at most ${MAX_DIMS} dimensions, got ${shape.length}`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`expected ${label} to have data_offsets [begin, end], got ${shown(offsets)}`)
  }
  const count = shape.reduce((product, size) => product * size, 1)
  const byteLength = offsets[1] - offsets[0]
  const bytes = count * itemSizes[dtype]
  if (bytes !== byteLength) {
    fail(`expected ${label} of ${dtype} [${shape.join(', ')}] to have ${bytes} bytes, got ${byteLength}`)
  }
  return { name, dtype, shape, start: dataStart + offsets[0], byteLength }
}

// What a file says may be megabytes long.
const MAX_SHOWN = 100

/** A value in an error message. */
function shown(value: unknown): string {
  const text = String(JSON.stringify(value))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
