import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readIdx } from '../../lib/data/idx.ts'
import { FormatError } from '../../lib/util/errors.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-idx-'))
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
function file(...parts: (number[] | Uint8Array)[]): string {
  const path = join(dir, `file-${files++}`)
  writeFileSync(path, Buffer.concat(parts.map((part) => Uint8Array.from(part))))
  return path
}

function packed(...parts: (number[] | Uint8Array)[]): string {
  return file(gzipSync(Buffer.concat(parts.map((part) => Uint8Array.from(part)))))
}

function messageOf(path: string, options = {}): string {
  try {
    readIdx(path, options)
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    const { message } = error as Error
    expect(message).not.toContain('\n')
    expect(message.endsWith(`; ${path}`)).toBe(true)
    return message.slice(0, -path.length - 2)
  }
  throw new Error('expected an error')
}

const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]
const data = [1, 2, 3, 250, 251, 252]

describe('readIdx', () => {
  it('reads uint8, plain and gzipped', () => {
    for (const path of [file(header, data), packed(header, data)]) {
      const array = readIdx(path)
      expect(array.shape).toEqual([2, 3])
      expect(array.data).toEqual(Uint8Array.from(data))
    }
  })

  it('reads each element type from big-endian', () => {
    const read = (code: number, size: number, bytes: number[]) =>
      readIdx(file([0, 0, code, 1, 0, 0, 0, size], bytes)).data
    expect(read(0x09, 2, [0xff, 5])).toEqual(Int8Array.of(-1, 5))
    expect(read(0x0b, 2, [0xff, 0xfe, 1, 2])).toEqual(Int16Array.of(-2, 258))
    expect(read(0x0c, 1, [0xff, 0xff, 0xff, 0xfd])).toEqual(Int32Array.of(-3))
    expect(read(0x0d, 1, [0x3f, 0xc0, 0, 0])).toEqual(Float32Array.of(1.5))
    expect(read(0x0e, 1, [0xc0, 0x04, 0, 0, 0, 0, 0, 0])).toEqual(Float64Array.of(-2.5))
  })

  it('reads a file larger than the part its header is judged by', () => {
    const pixels = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251)
    const path = packed([0, 0, 8, 1, 0, 4, 0x93, 0xe0], pixels)
    expect(Buffer.compare(readIdx(path).data as Uint8Array, pixels)).toBe(0)
  })

  it('reads an array without elements', () => {
    for (const path of [file([0, 0, 8, 1, 0, 0, 0, 0]), packed([0, 0, 8, 1, 0, 0, 0, 0])]) {
      expect(readIdx(path)).toEqual({ shape: [0], data: new Uint8Array(0) })
    }
  })

  it('refuses what is missing or no file', () => {
    expect(messageOf(join(dir, 'nowhere'))).toBe('readIdx: no such file')
    expect(messageOf(dir)).toBe('readIdx: expected a regular file')
  })

  it('refuses what is no IDX file', () => {
    const message = 'readIdx: expected an IDX file (00 00, type 08 to 0e, dimensions), got '
    expect(messageOf(file([0x89, 0x50, 0x4e, 0x47, 13, 10]))).toBe(`${message}89 50 4e 47`)
    expect(messageOf(file([0, 0, 7, 1, 0, 0, 0, 1, 1]))).toBe(`${message}00 00 07 01`)
    expect(messageOf(file([0, 0, 8, 0]))).toBe(`${message}00 00 08 00`)
    expect(messageOf(packed([1, 0, 8, 1, 0, 0, 0, 1, 1]))).toBe(`${message}01 00 08 01`)
  })

  it('refuses truncated files', () => {
    expect(messageOf(file([]))).toBe('readIdx: truncated: 0 bytes hold no IDX header')
    expect(messageOf(file(header.slice(0, 9)))).toBe('readIdx: truncated: 2 dimensions need 12 bytes, got 9')
    const short = 'readIdx: truncated: the header promises [2, 3] (6 bytes of data), got 5 bytes'
    expect(messageOf(file(header, data.slice(1)))).toBe(short)
    expect(messageOf(packed(header, data.slice(1)))).toBe(short)
    const whole = gzipSync(Buffer.from([...header, ...data]))
    expect(messageOf(file(whole.subarray(0, 24)))).toBe('readIdx: truncated gzip file of 24 bytes')
    expect(messageOf(file(whole.subarray(0, 10)))).toBe('readIdx: truncated: 0 bytes hold no IDX header')
  })

  it('refuses bytes left over', () => {
    const message = 'readIdx: trailing bytes: the header promises [2, 3] (6 bytes of data), got more'
    expect(messageOf(file(header, data, [9]))).toBe(message)
    expect(messageOf(packed(header, data, [9]))).toBe('readIdx: trailing bytes: the header promises 18 bytes, got more')
  })

  it('refuses corrupt gzip data', () => {
    const whole = gzipSync(Buffer.from([...header, ...data]))
    whole[whole.length - 6] ^= 0xff
    expect(messageOf(file(whole))).toBe('readIdx: corrupt gzip file (incorrect data check)')
    expect(messageOf(file([0x1f, 0x8b, ...new Array(20).fill(1)]))).toBe(
      'readIdx: corrupt gzip file (unknown compression method)',
    )
  })

  it('allocates nothing for sizes that the file cannot hold', () => {
    const huge = [0, 0, 8, 3, 0x7f, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]
    const limit = 'readIdx: expected at most 2147483648 bytes, got a header that promises [2130706432, 65536, 65536]'
    expect(messageOf(file(huge))).toBe(`${limit} (9151314442816848000 bytes of data)`)
    const overflow = [0, 0, 8, 40, ...new Array(4 * 39).fill(255), 0, 0, 0, 0]
    expect(messageOf(file(overflow))).toContain(
      'readIdx: expected at most 2147483648 bytes, got a header that promises [4294967295, 4294967295',
    )
    const large = [0, 0, 8, 1, 0x40, 0, 0, 0]
    const before = process.memoryUsage().arrayBuffers
    expect(messageOf(packed(large))).toBe(
      'readIdx: truncated: the header promises [1073741824] (1073741824 bytes of data), more than 28 compressed bytes can hold',
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24)
  })

  it('stops unpacking a decompression bomb at what its header promises', () => {
    const path = packed(header, new Uint8Array(50_000_000))
    const before = process.memoryUsage().arrayBuffers
    expect(messageOf(path)).toBe('readIdx: trailing bytes: the header promises 18 bytes, got more')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24)
    expect(messageOf(packed([0, 0, 8, 1, 0, 0, 4, 0], new Uint8Array(1024)), { maxBytes: 1000 })).toBe(
      'readIdx: expected at most 1000 bytes, got a header that promises [1024] (1024 bytes of data)',
    )
  })
})
