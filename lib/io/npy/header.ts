import type { DType } from '../../tensor/dtype.ts'
import { DTypeError, FormatError } from '../../util/errors.ts'
import type { Shape } from '../../util/shape.ts'
import type { FileType } from '../elements.ts'
import type { OpenFile } from '../open_file.ts'

/** What stands before the elements of an .npy file. */
export interface NpyHeader {
  type: FileType
  bigEndian: boolean
  /** Whether the first dimension is the fastest in the file. */
  fortranOrder: boolean
  shape: Shape
  /** Position of the first element. */
  start: number
}

/** Throws an error about the file. */
type Fail = (message: string, Kind?: typeof FormatError | typeof DTypeError) => never

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** NumPy refuses longer ones too, unless told to trust the file. */
const MAX_HEADER = 10_000
/** NumPy has at most 64. */
const MAX_DIMS = 64
// NumPy aligns elements so.
const ALIGNMENT = 64

/** Kinds of elements by NumPy's letter and number of bytes. */
const TYPES: Readonly<Record<string, FileType>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
}

const DESCRIPTIONS: Record<DType, string> = { float32: '<f4', int32: '<i4', uint8: '|u1', int64: '<i8' }

// One entry of the dictionary: a name, and text, a list (of a structured type), a truth value or a tuple of sizes.
const ENTRY = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^']*)'|"([^"]*)"|(\[.*\])|(True|False)|\(([\d\s,L]*)\))\s*(?:,|$)/y
// Sizes with commas between them; Python 2 wrote an L behind long ones.
const SIZE = /^\s*(\d+)L?\s*$/

/**
 * Reads and checks the header: what it says must agree with the file's size.
 *
 * @throws {FormatError} naming what does not.
 * @throws {DTypeError} for structured and other elements that no tensor can hold.
 */
export function readNpyHeader(op: string, file: OpenFile): NpyHeader {
  const fail: Fail = (message, Kind = FormatError) => {
    throw new Kind(`${op}: ${message}; ${file.path}`)
  }
  const { text, start } = readText(file, fail)
  const entries = parse(text, fail)
  const { type, bigEndian, itemSize } = elementType(entries.descr, fail)
  const { fortran_order: order, shape } = entries
  if (typeof order !== 'boolean') return fail(`expected fortran_order to be True or False, got ${shown(order)}`)
  if (!Array.isArray(shape)) return fail(`expected shape to be a tuple of sizes, got ${shown(shape)}`)
  if (shape.length > MAX_DIMS) fail(`expected at most ${MAX_DIMS} dimensions, got ${shape.length}`)
  for (const size of shape) {
    if (!Number.isSafeInteger(size)) fail(`expected sizes that are exact in a double, got ${size}`)
  }
  const bytes = shape.reduce((product, size) => product * size, itemSize)
  if (bytes !== file.size - start) {
    fail(`expected ${bytes} bytes of data for shape [${shape.join(', ')}], got ${file.size - start}`)
  }
  return { type, bigEndian, fortranOrder: order, shape, start }
}

function readText(file: OpenFile, fail: Fail): { text: string; start: number } {
  if (file.size < 10) fail(`expected at least 10 bytes, got ${file.size}`)
  const head = Buffer.alloc(12)
  file.read(head.subarray(0, Math.min(12, file.size)), 0)
  if (!head.subarray(0, 6).equals(MAGIC)) fail('expected the file to start with \\x93NUMPY')
  const version = head[6]
  if (version < 1 || version > 3) fail(`expected version 1, 2 or 3 of the format, got ${version}.${head[7]}`)
  const before = version === 1 ? 10 : 12
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8)
  if (length > file.size - before) fail(`truncated: the header has ${length} bytes, the file ${file.size}`)
  if (length > MAX_HEADER) fail(`expected a header of at most ${MAX_HEADER} bytes, got ${length}`)
  const bytes = Buffer.alloc(length)
  file.read(bytes, before)
  return { text: bytes.toString(version === 3 ? 'utf8' : 'latin1'), start: before + length }
}

type Entry = string | boolean | number[] | { structured: string }

/** The Python dictionary that the header is. */
function parse(text: string, fail: Fail): Record<string, Entry | undefined> {
  const body = text
    .trim()
    .match(/^\{(.*)\}$/s)?.[1]
    .trim()
  if (body === undefined) return fail(`expected the header to be a dictionary, got ${shown(text.trim())}`)
  const entries: Record<string, Entry> = {}
  let position = 0
  while (position < body.length) {
    ENTRY.lastIndex = position
    const match = ENTRY.exec(body)
    if (match === null) return fail(`expected a header of plain values, got ${shown(body.slice(position))}`)
    const [whole, single, double, text1, text2, list, truth, sizes] = match
    const name = single ?? double
    if (Object.hasOwn(entries, name)) fail(`expected each name once in the header, got ${name} twice`)
    if (list !== undefined) entries[name] = { structured: list }
    else if (truth !== undefined) entries[name] = truth === 'True'
    else if (sizes !== undefined) entries[name] = sizesOf(sizes) ?? fail(`expected a tuple of sizes, got (${sizes})`)
    else entries[name] = text1 ?? text2
    position += whole.length
  }
  return entries
}

function sizesOf(text: string): number[] | null {
  const parts = text.split(',')
  if (parts[parts.length - 1].trim() === '') parts.pop()
  const sizes = parts.map((part) => SIZE.exec(part)?.[1])
  return sizes.includes(undefined) ? null : sizes.map(Number)
}

function elementType(descr: Entry | undefined, fail: Fail): { type: FileType; bigEndian: boolean; itemSize: number } {
  if (typeof descr === 'object' && 'structured' in descr) {
    return fail(`expected elements of one plain type, got the structured type ${shown(descr)}`, DTypeError)
  }
  if (typeof descr !== 'string') return fail(`expected descr to name an element type, got ${shown(descr)}`)
  const [, order, kind] = descr.match(/^([<>|=]?)(\w+)$/) ?? []
  const type = kind !== undefined && Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined
  if (type === undefined) {
    return fail(
      `expected elements of type ${Object.keys(TYPES).join(', ')}, got ${shown(descr)}; convert them with astype`,
      DTypeError,
    )
  }
  return { type, bigEndian: order === '>', itemSize: Number(kind[1]) }
}

function shown(value: Entry | undefined): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'object' && 'structured' in value ? value.structured : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** The header of a row-major file, in version 1 of the format as NumPy writes it. */
export function encodeNpyHeader(dtype: DType, shape: Shape): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`
  const length = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT
  const bytes = Buffer.alloc(length, ' ')
  MAGIC.copy(bytes)
  bytes.writeUInt16LE(1, 6)
  bytes.writeUInt16LE(length - 10, 8)
  bytes.write(text, 10, 'latin1')
  bytes[length - 1] = 0x0a
  return bytes
}
