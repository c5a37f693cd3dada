import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSafetensors, loadSafetensorsMetadata, saveSafetensors } from '../../lib/io/safetensors.ts'
import { tensor, zeros } from '../../lib/tensor/create.ts'
import { channelsLastStrides } from '../../lib/tensor/layout.ts'
import { copyElements, emptyTensor, type Tensor } from '../../lib/tensor/tensor.ts'
import { DTypeError, FormatError } from '../../lib/util/errors.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-safetensors-'))
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
const newPath = () => join(dir, `file-${files++}.safetensors`)

/** A file with the given header text and data. */
function file(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), length?: bigint): string {
  const path = newPath()
  const text = Buffer.from(header as string)
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(text.length))
  writeFileSync(path, Buffer.concat([prefix, text, data]))
  return path
}

const one = (entry: object, bytes = 0) => file(JSON.stringify({ weight: entry }), new Uint8Array(bytes))

function messageOf(path: string, type: typeof FormatError | typeof DTypeError = FormatError): string {
  try {
    loadSafetensors(path)
  } catch (error) {
    expect(error).toBeInstanceOf(type)
    const { message } = error as Error
    expect(message.startsWith('loadSafetensors: ')).toBe(true)
    expect(message.endsWith(`; ${path}`)).toBe(true)
    expect(message).not.toContain('\n')
    return message.slice('loadSafetensors: '.length, -path.length - 2)
  }
  return 'no error'
}

describe('saveSafetensors', () => {
  it('writes what loadSafetensors reads, to the last bit', () => {
    const path = newPath()
    const values = Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3)
    const tensors = {
      'conv.weight': tensor(values, { shape: [2, 3] }),
      steps: tensor(BigInt64Array.of(2n ** 60n)),
      mask: tensor(Uint8Array.of(1, 0, 255)),
      labels: tensor(Int32Array.of(-5, 6)),
      scalar: tensor(2.5),
      nothing: zeros([0, 4]),
      ['__proto__']: tensor([1]),
    }
    saveSafetensors(path, tensors)
    const loaded = loadSafetensors(path)
    expect(Object.keys(loaded).sort()).toEqual(Object.keys(tensors).sort())
    for (const [name, value] of Object.entries<Tensor>(tensors)) {
      expect(loaded[name].shape).toEqual(value.shape)
      expect(loaded[name].dtype).toBe(value.dtype)
      expect(bytesOf(loaded[name])).toEqual(bytesOf(value))
    }
  })

  it('writes the format that others read', () => {
    const path = newPath()
    saveSafetensors(path, { a: tensor(Uint8Array.of(9)), b: tensor([1, 2]) }, { metadata: { epochs: '3' } })
    const bytes = readFileSync(path)
    const length = Number(bytes.readBigUInt64LE())
    expect(length % 8).toBe(0)
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { epochs: '3' },
      a: { dtype: 'U8', shape: [1], data_offsets: [8, 9] },
      b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    })
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 9])
    expect(loadSafetensorsMetadata(path)).toEqual({ epochs: '3' })
  })

  it('writes logical row-major order whatever the order in memory', () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i)
    const rowMajor = tensor(values, { shape: [1, 3, 2, 4] })
    const channelsLast = emptyTensor(rowMajor.shape, 'float32', channelsLastStrides(rowMajor.shape))
    copyElements('test', rowMajor, channelsLast)
    const path = newPath()
    saveSafetensors(path, { images: channelsLast })
    expect(loadSafetensors(path).images.toTypedArray()).toEqual(values)
  })

  it('leaves the old file and no other when it fails', () => {
    const path = newPath()
    saveSafetensors(path, { a: tensor([1]) })
    const before = readFileSync(path)
    const disposed = tensor([1])
    disposed.dispose()
    expect(() => saveSafetensors(path, { a: tensor([2]), b: disposed })).toThrow('tensor [1] was disposed')
    expect(() => saveSafetensors(path, { __metadata__: tensor([2]) })).toThrow(
      'saveSafetensors: expected no tensor to be named __metadata__',
    )
    const metadata = { epochs: 3 } as unknown as Record<string, string>
    expect(() => saveSafetensors(path, {}, { metadata })).toThrow(
      'saveSafetensors: expected metadata to be text, got a number for epochs',
    )
    expect(readFileSync(path)).toEqual(before)
    const missing = join(dir, 'nowhere', 'model.safetensors')
    expect(() => saveSafetensors(missing, { a: tensor([1]) })).toThrow(
      `saveSafetensors: cannot write the file (ENOENT); ${missing}`,
    )
    expect(() => saveSafetensors(dir, { a: tensor([1]) })).toThrow(FormatError)
    expect(existsSync(missing)).toBe(false)
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('loadSafetensors', () => {
  it('loads an empty file, padding, metadata and booleans', () => {
    expect(loadSafetensors(file('{}'))).toEqual({})
    const path = file(
      '{"__metadata__":{"a":"b"},"m":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}   ',
      Uint8Array.of(1, 0),
    )
    expect(loadSafetensors(path).m.dtype).toBe('uint8')
    expect(loadSafetensors(path).m.toArray()).toEqual([1, 0])
    expect(loadSafetensorsMetadata(path)).toEqual({ a: 'b' })
    expect(loadSafetensorsMetadata(file('{}'))).toEqual({})
  })

  it('loads unaligned tensors in any order of the header', () => {
    const header = {
      late: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
      early: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
      empty: { dtype: 'F32', shape: [0], data_offsets: [1, 1] },
    }
    const loaded = loadSafetensors(file(JSON.stringify(header), Uint8Array.of(7, 0, 0, 0x80, 0x3f)))
    expect(Object.keys(loaded)).toEqual(['early', 'empty', 'late'])
    expect(loaded.late.toArray()).toEqual([1])
    expect(loaded.early.toArray()).toEqual([7])
  })

  it('refuses what is no file', () => {
    expect(messageOf(join(dir, 'nowhere'))).toBe('cannot open the file (ENOENT)')
    expect(messageOf(dir)).toBe('expected a regular file')
  })

  it('refuses headers that do not fit the file', () => {
    const path = newPath()
    writeFileSync(path, Uint8Array.of(1, 2, 3))
    expect(messageOf(path)).toBe('expected at least 8 bytes, got 3')
    expect(messageOf(file('{}', new Uint8Array(0), 11n))).toBe('truncated: the header has 11 bytes, the file 10')
    const huge = 2n ** 63n
    expect(messageOf(file('{}', new Uint8Array(0), huge))).toBe(`truncated: the header has ${huge} bytes, the file 10`)
  })

  it('refuses headers that are no JSON object of tensors', () => {
    expect(messageOf(file('[]'))).toBe('expected the header to start with {')
    expect(messageOf(file(''))).toBe('expected the header to start with {')
    expect(messageOf(file('{"a"'))).toContain('expected the header to be JSON (')
    expect(messageOf(file(Uint8Array.of(0x7b, 0xff, 0x7d)))).toBe('expected the header to be UTF-8')
    expect(messageOf(file('{"a":1}'))).toBe('expected a to have a dtype')
    expect(messageOf(file('{"__metadata__":{"a":1}}'))).toBe('expected __metadata__ to map names to text')
    expect(messageOf(file('{"__metadata__":[]}'))).toBe('expected __metadata__ to map names to text')
  })

  it('refuses names that stand twice', () => {
    const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    expect(messageOf(file(`{"a":${entry},"\\u0061":${entry}}`))).toBe('expected each name once, got "a" twice')
    expect(messageOf(file('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'))).toBe(
      'expected each name once, got "dtype" twice',
    )
  })

  it('refuses unknown and unsupported types', () => {
    expect(messageOf(one({ dtype: 'F31', shape: [1], data_offsets: [0, 4] }, 4))).toBe('unknown dtype F31 of weight')
    expect(messageOf(one({ dtype: 'toString', shape: [1], data_offsets: [0, 4] }, 4))).toBe(
      'unknown dtype toString of weight',
    )
    expect(messageOf(one({ dtype: 'U64', shape: [1], data_offsets: [0, 8] }, 8), DTypeError)).toBe(
      'expected weight to be F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8, BOOL, got U64; convert it to F32',
    )
  })

  it('refuses shapes and offsets that do not agree', () => {
    for (const shape of [null, [-1], [1.5], ['2'], 4, [2 ** 53]]) {
      expect(messageOf(one({ dtype: 'F32', shape, data_offsets: [0, 4] }, 4))).toBe(
        `expected weight to have a shape of sizes, got ${JSON.stringify(shape)}`,
      )
    }
    for (const offsets of [null, [0], [0, 4, 8], [4, 0], [-4, 0], [0, '4']]) {
      expect(messageOf(one({ dtype: 'F32', shape: [1], data_offsets: offsets }, 4))).toBe(
        `expected weight to have data_offsets [begin, end], got ${JSON.stringify(offsets)}`,
      )
    }
    expect(messageOf(one({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 20] }, 20))).toBe(
      'expected weight of F32 [2, 3] to have 24 bytes, got 20',
    )
    expect(messageOf(one({ dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] }, 4))).toContain(
      'expected weight of F32 [1099511627776, 1099511627776] to have ',
    )
  })

  it('refuses data that is too short, too long, overlapping or full of holes', () => {
    const data = (begin: number, end: number) => ({ dtype: 'U8', shape: [end - begin], data_offsets: [begin, end] })
    expect(messageOf(one(data(0, 4), 3))).toBe('expected 4 bytes of data, got 3')
    expect(messageOf(one(data(0, 4), 5))).toBe('expected 4 bytes of data, got 5')
    expect(messageOf(file('{}', new Uint8Array(1)))).toBe('expected 0 bytes of data, got 1')
    expect(messageOf(one(data(1, 4), 4))).toBe(
      'expected weight to start at byte 0 of the data, got 1: tensors overlap or leave a gap',
    )
    const two = (a: object, b: object) => file(JSON.stringify({ a, b }), new Uint8Array(8))
    const message = (start: number) =>
      `expected b to start at byte 4 of the data, got ${start}: tensors overlap or leave a gap`
    expect(messageOf(two(data(0, 4), data(2, 8)))).toBe(message(2))
    expect(messageOf(two(data(0, 4), data(5, 8)))).toBe(message(5))
  })

  it('refuses what is nested too deeply, before it is parsed', () => {
    const message = 'expected at most 3 brackets in each other'
    expect(messageOf(one({ dtype: 'U8', shape: [[1]], data_offsets: [0, 1] }, 1))).toBe(message)
    const depth = 2 ** 22
    const before = process.memoryUsage().heapUsed
    expect(messageOf(file(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`))).toBe(message)
    // The text and its bytes, but nothing of what a parser makes of it: that was 70 times as much.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 26)
  })

  it('refuses absurd shapes, and shows no more of them than fits a line', () => {
    const ones = (count: number) => new Array<number>(count).fill(1)
    expect(messageOf(one({ dtype: 'U8', shape: ones(65), data_offsets: [0, 1] }, 1))).toBe(
      'expected weight to have at most 64 dimensions, got 65',
    )
    expect(loadSafetensors(one({ dtype: 'U8', shape: ones(64), data_offsets: [0, 1] }, 1)).weight.ndim).toBe(64)
    const shape = new Array<number>(5000).fill(-1)
    const name = 'n'.repeat(2 ** 20)
    const long = file(JSON.stringify({ [name]: { dtype: 'U8', shape, data_offsets: [0, 1] } }), new Uint8Array(1))
    expect(messageOf(long)).toBe(`expected "${'n'.repeat(99)}… to have a shape of sizes, got [${'-1,'.repeat(33)}…`)
  })

  it('reads long text', () => {
    const text = 'x'.repeat(2 ** 24)
    expect(loadSafetensorsMetadata(file(JSON.stringify({ __metadata__: { text } }))).text).toBe(text)
  })

  it('allocates nothing for tensors that the file cannot hold', () => {
    const before = process.memoryUsage().arrayBuffers
    const size = 2 ** 31
    expect(messageOf(one({ dtype: 'U8', shape: [size], data_offsets: [0, size] }, 4))).toBe(
      `expected ${size} bytes of data, got 4`,
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  })
})

function bytesOf(value: Tensor): number[] {
  const { buffer, byteOffset, byteLength } = value.toTypedArray()
  return [...new Uint8Array(buffer, byteOffset, byteLength)]
}
