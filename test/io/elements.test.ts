import { describe, expect, it } from 'vitest'
import { elementBytes, FILE_ELEMENTS, type FileType, readElements } from '../../lib/io/elements.ts'
import { bytesAsFile } from '../../lib/io/open_file.ts'
import { tensor } from '../../lib/tensor/create.ts'
import '../../lib/index.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'

function read(type: FileType, bytes: number[], bigEndian = false) {
  const file = bytesAsFile('test', Uint8Array.from(bytes))
  const shape = [bytes.length / FILE_ELEMENTS[type].itemSize]
  return readElements(file, { type, shape, start: 0, bigEndian })
}

describe('readElements', () => {
  it('widens half precision exactly: normal, subnormal, infinite and no numbers', () => {
    const half = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x03ff, 0x7c00, 0xfc00, 0x7e00, 0x3555]
    const loaded = read(
      'float16',
      half.flatMap((bits) => [bits & 255, bits >> 8]),
    )
    expect(loaded.dtype).toBe('float32')
    expect([...loaded.toTypedArray()]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      -0,
      1023 * 2 ** -24,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      0.333251953125,
    ])
  })

  it('widens bfloat16 exactly', () => {
    const values = read('bfloat16', [0x80, 0x3f, 0x49, 0xc0, 0x01, 0x00, 0x80, 0x7f]).toTypedArray()
    expect([...values]).toEqual([1, -3.140625, 2 ** -133, Number.POSITIVE_INFINITY])
  })

  it('rounds float64 to the nearest float32', () => {
    const bytes = Buffer.alloc(16)
    bytes.writeDoubleLE(0.1)
    bytes.writeDoubleLE(1 + 2 ** -24 + 2 ** -40, 8)
    expect([...read('float64', [...bytes]).toTypedArray()]).toEqual([Math.fround(0.1), 1 + 2 ** -23])
  })

  it('keeps integers exactly, whatever their width and sign', () => {
    expect(read('int8', [0xff, 0x7f]).toArray()).toEqual([-1, 127])
    expect(read('int16', [0x00, 0x80]).toArray()).toEqual([-32768])
    expect(read('uint16', [0xff, 0xff]).toArray()).toEqual([65535])
    expect(read('uint32', [0xff, 0xff, 0xff, 0xff]).toArray()).toEqual([4294967295n])
    expect(read('int64', [0, 0, 0, 0, 0, 0, 0, 0x80]).toArray()).toEqual([-(2n ** 63n)])
    expect(read('bool', [1, 0]).dtype).toBe('uint8')
  })

  it('swaps the bytes of every width', () => {
    expect(read('int16', [0x01, 0x02], true).toArray()).toEqual([0x102])
    expect(read('int32', [1, 2, 3, 4], true).toArray()).toEqual([0x1020304])
    expect(read('int64', [0, 0, 0, 0, 0, 0, 1, 2], true).toArray()).toEqual([0x102n])
    expect(read('float32', [0x3f, 0x80, 0, 0], true).toArray()).toEqual([1])
    expect(read('uint8', [7, 8], true).toArray()).toEqual([7, 8])
  })

  it('puts large tensors together from their chunks', () => {
    const values = Int16Array.from({ length: 2 ** 20 + 3 }, (_, i) => i * 31)
    const loaded = readElements(bytesAsFile('test', new Uint8Array(values.buffer)), {
      type: 'int16',
      shape: [values.length],
      start: 0,
    })
    expect(loaded.toTypedArray().every((value, i) => value === values[i])).toBe(true)
  })
})

/** All chunks as one. */
function joined(tensor: Tensor): Buffer {
  const parts: Buffer[] = []
  for (const part of elementBytes(tensor)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

describe('elementBytes', () => {
  it('gives large tensors and views in logical order', () => {
    const values = Float32Array.from({ length: 600_000 }, (_, i) => i)
    const whole = tensor(values, { shape: [600, 1000] })
    expect(Buffer.from(values.buffer).equals(joined(whole))).toBe(true)
    expect(joined(whole.narrow(0, 599, 1))).toEqual(Buffer.from(values.buffer, 599 * 4000))
    const [first] = elementBytes(whole.transpose(0, 1))
    expect([...new Float32Array(first.buffer, first.byteOffset, 2)]).toEqual([0, 1000])
  })
})
