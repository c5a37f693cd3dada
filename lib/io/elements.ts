import type { AnyArray, DType } from '../reference/types.ts'
import { itemSize, newArray } from '../tensor/dtype.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import type { Shape } from '../util/shape.ts'
import type { OpenFile } from './open_file.ts'

/** An element type that files have. */
export interface FileElement {
  /** Bytes of one element in the file. */
  readonly itemSize: 1 | 2 | 4 | 8
  /** What it becomes. */
  readonly dtype: DType
  /** Turns little-endian elements into those of a tensor; absent where they are the same bytes. */
  readonly convert?: (bytes: Buffer, output: AnyArray) => void
}

/** An element type that is read one number after the other. */
function each(
  size: 1 | 2 | 4 | 8,
  dtype: DType,
  read: (bytes: Buffer, position: number) => number | bigint,
): FileElement {
  return {
    itemSize: size,
    dtype,
    convert: (bytes, output) => {
      for (let i = 0; i < output.length; i++) output[i] = read(bytes, i * size)
    },
  }
}

const scratch = new DataView(new ArrayBuffer(4))

/** Float32 has all numbers of bfloat16: their upper halves. */
function readBfloat16(bytes: Buffer, position: number): number {
  scratch.setUint16(0, bytes.readUInt16LE(position))
  scratch.setUint16(2, 0)
  return scratch.getFloat32(0)
}

/** IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
function readFloat16(bytes: Buffer, position: number): number {
  const bits = bytes.readUInt16LE(position)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/**
 * What element types become. Float64 is rounded to the nearest float32; everything else keeps its exact value. Unsigned
 * 64-bit integers, which no type here can hold, are not among them.
 */
export const FILE_ELEMENTS = {
  float64: each(8, 'float32', (bytes, position) => bytes.readDoubleLE(position)),
  float32: { itemSize: 4, dtype: 'float32' },
  float16: each(2, 'float32', readFloat16),
  bfloat16: each(2, 'float32', readBfloat16),
  int64: { itemSize: 8, dtype: 'int64' },
  int32: { itemSize: 4, dtype: 'int32' },
  int16: each(2, 'int32', (bytes, position) => bytes.readInt16LE(position)),
  int8: each(1, 'int32', (bytes, position) => bytes.readInt8(position)),
  uint32: each(4, 'int64', (bytes, position) => BigInt(bytes.readUInt32LE(position))),
  uint16: each(2, 'int32', (bytes, position) => bytes.readUInt16LE(position)),
  uint8: { itemSize: 1, dtype: 'uint8' },
  bool: { itemSize: 1, dtype: 'uint8' },
} as const satisfies Record<string, FileElement>

/** Names of element types that files have. */
export type FileType = keyof typeof FILE_ELEMENTS

// Large enough that calls cost nothing beside the copying, small enough for the second-level cache.
const CHUNK_BYTES = 2 ** 20

/** Elements as they lie in a file. */
export interface Elements {
  type: FileType
  shape: Shape
  /** Order of the dimensions in the file; row-major when absent. */
  strides?: Shape
  /** Position of the first byte. */
  start: number
  bigEndian?: boolean
}

/** Reads elements into a new tensor, chunk by chunk: beside the tensor it takes no more memory than a chunk. */
export function readElements(file: OpenFile, { type, shape, strides, start, bigEndian = false }: Elements): Tensor {
  const { itemSize: size, dtype, convert }: FileElement = FILE_ELEMENTS[type]
  const output = emptyTensor([...shape], dtype, strides)
  const { home, block } = output.storage
  const perChunk = CHUNK_BYTES / size
  const bytes = Buffer.alloc(Math.min(CHUNK_BYTES, output.size * size))
  const chunk = newArray(dtype, Math.min(perChunk, output.size))
  for (let done = 0; done < output.size; done += perChunk) {
    const values = chunk.subarray(0, output.size - done)
    const part = convert === undefined ? bytesOf(values) : bytes.subarray(0, values.length * size)
    file.read(part, start + done * size)
    if (bigEndian) swap(part, size)
    convert?.(part, values)
    home.write(block, done * itemSize(dtype), values)
  }
  return output
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16()
  else if (size === 4) bytes.swap32()
  else if (size === 8) bytes.swap64()
}

/** The memory of a typed array. */
export function bytesOf({ buffer, byteOffset, byteLength }: AnyArray): Buffer<ArrayBufferLike> {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A tensor's elements in logical row-major order, in chunks, each of which is overwritten by the next. */
export function* elementBytes(tensor: Tensor): Generator<Uint8Array> {
  tensor.checkAlive('toTypedArray')
  if (!tensor.isContiguous()) {
    yield bytesOf(tensor.toTypedArray())
    return
  }
  const { storage, offset, dtype, size } = tensor
  const perChunk = CHUNK_BYTES / itemSize(dtype)
  const chunk = newArray(dtype, Math.min(perChunk, size))
  for (let done = 0; done < size; done += perChunk) {
    const values = chunk.subarray(0, size - done)
    storage.home.read(storage.block, (offset + done) * itemSize(dtype), values)
    yield bytesOf(values)
  }
}
