import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadNpy, saveNpy } from '../../../lib/io/npy/npy.ts'
import { arange, tensor, zeros } from '../../../lib/tensor/create.ts'
import { DTypeError, FormatError } from '../../../lib/util/errors.ts'
import '../../../lib/index.ts'
import { python, pythonHas } from '../../support/python.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-npy-'))
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
const newPath = () => join(dir, `file-${files++}.npy`)

/** A file with the given header text and data. */
function file(header: string, data: Uint8Array, version = 1): string {
  const path = newPath()
  const prefix = Buffer.alloc(version === 1 ? 10 : 12)
  prefix.write('\x93NUMPY', 'latin1')
  prefix[6] = version
  const text = Buffer.from(header, version === 3 ? 'utf8' : 'latin1')
  if (version === 1) prefix.writeUInt16LE(text.length, 8)
  else prefix.writeUInt32LE(text.length, 8)
  writeFileSync(path, Buffer.concat([prefix, text, data]))
  return path
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`

function messageOf(path: string, type: typeof FormatError | typeof DTypeError = FormatError): string {
  try {
    loadNpy(path)
  } catch (error) {
    expect(error).toBeInstanceOf(type)
    const { message } = error as Error
    expect(message.startsWith('loadNpy: ')).toBe(true)
    expect(message.endsWith(`; ${path}`)).toBe(true)
    return message.slice('loadNpy: '.length, -path.length - 2)
  }
  return 'no error'
}

describe('saveNpy', () => {
  it('writes what loadNpy reads, to the last bit', () => {
    const path = newPath()
    const values = Float32Array.of(1.5, -0, Number.NaN, Number.NEGATIVE_INFINITY, 1e-45, 3)
    for (const saved of [
      tensor(values, { shape: [2, 3] }),
      tensor(BigInt64Array.of(-(2n ** 60n))),
      tensor(Uint8Array.of(1, 255)),
      tensor(Int32Array.of(-5, 6), { shape: [2, 1, 1] }),
      tensor(2.5),
      zeros([0, 4]),
    ]) {
      saveNpy(path, saved)
      const loaded = loadNpy(path)
      expect(loaded.dtype).toBe(saved.dtype)
      expect(loaded.shape).toEqual(saved.shape)
      expect(loaded.toTypedArray()).toEqual(saved.toTypedArray())
    }
  })

  it('writes the header that NumPy writes', () => {
    const path = newPath()
    saveNpy(path, tensor([[1, 2]]))
    const bytes = readFileSync(path)
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
    expect(bytes.subarray(0, 10)).toEqual(Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]))
    expect(bytes.toString('latin1', 10, 128)).toBe(`${text}${' '.repeat(117 - text.length)}\n`)
    expect([...bytes.subarray(128)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    saveNpy(path, tensor(Uint8Array.of(1)))
    expect(readFileSync(path, 'latin1')).toContain("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }")
  })

  it('writes views in logical order', () => {
    const path = newPath()
    saveNpy(path, arange(6).reshape([2, 3]).transpose(0, 1))
    expect(loadNpy(path).toArray()).toEqual([
      [0n, 3n],
      [1n, 4n],
      [2n, 5n],
    ])
  })

  it('leaves the old file when it fails', () => {
    const path = newPath()
    saveNpy(path, tensor([1]))
    const disposed = tensor([2])
    disposed.dispose()
    expect(() => saveNpy(path, disposed)).toThrow('tensor [1] was disposed')
    expect(loadNpy(path).toArray()).toEqual([1])
    const missing = join(dir, 'nowhere', 'a.npy')
    expect(() => saveNpy(missing, tensor([1]))).toThrow(`saveNpy: cannot write the file (ENOENT); ${missing}`)
    expect(existsSync(missing)).toBe(false)
  })
})

describe('loadNpy', () => {
  const two = Uint8Array.of(1, 0, 2, 0)

  it('reads all three versions, and headers written by others', () => {
    for (const version of [1, 2, 3]) {
      expect(loadNpy(file(header("'<i2'", '(2,)'), two, version)).toArray()).toEqual([1, 2])
    }
    const other = `{"shape":(2L, 1), "fortran_order":False,"descr":"<i2"}`
    expect(loadNpy(file(other, two)).shape).toEqual([2, 1])
    expect(loadNpy(file(header("'=u1'", '()'), Uint8Array.of(7))).toArray()).toEqual(7)
  })

  it('reads either byte order', () => {
    expect(loadNpy(file(header("'>i2'", '(2,)'), two)).toArray()).toEqual([256, 512])
  })

  it('reads Fortran order', () => {
    const path = file(header("'|u1'", '(2, 3)', 'True'), Uint8Array.of(1, 2, 3, 4, 5, 6))
    expect(loadNpy(path).toArray()).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ])
  })

  it('refuses what is no .npy file', () => {
    expect(messageOf(join(dir, 'nowhere'))).toBe('cannot open the file (ENOENT)')
    const path = newPath()
    writeFileSync(path, 'short')
    expect(messageOf(path)).toBe('expected at least 10 bytes, got 5')
    writeFileSync(path, 'PK and nothing else')
    expect(messageOf(path)).toBe('expected the file to start with \\x93NUMPY')
    expect(messageOf(file('{}', two, 4))).toBe('expected version 1, 2 or 3 of the format, got 4.0')
  })

  it('refuses headers that do not fit the file or say nothing', () => {
    const path = newPath()
    writeFileSync(path, Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 255, 0, 1, 2]))
    expect(messageOf(path)).toBe('truncated: the header has 255 bytes, the file 12')
    writeFileSync(path, Buffer.from([0x93, ...Buffer.from('NUMPY'), 2, 0, 255, 255, 255, 255]))
    expect(messageOf(path)).toBe('truncated: the header has 4294967295 bytes, the file 12')
    expect(messageOf(file(' '.repeat(10_001), two))).toBe('expected a header of at most 10000 bytes, got 10001')
    expect(messageOf(file('[1]', two))).toBe('expected the header to be a dictionary, got "[1]"')
    expect(messageOf(file('{1: 2}', two))).toBe('expected a header of plain values, got "1: 2"')
    expect(messageOf(file("{'shape': (1,), 'shape': (2,)}", two))).toBe(
      'expected each name once in the header, got shape twice',
    )
    expect(messageOf(file("{'shape': (2,), 'fortran_order': False}", two))).toBe(
      'expected descr to name an element type, got nothing',
    )
    expect(messageOf(file("{'descr': '<i2', 'shape': (2,), 'fortran_order': (1,)}", two))).toBe(
      'expected fortran_order to be True or False, got [1]',
    )
    expect(messageOf(file("{'descr': '<i2', 'shape': 'x', 'fortran_order': False}", two))).toBe(
      'expected shape to be a tuple of sizes, got "x"',
    )
  })

  it('refuses tuples that are none, in no time', () => {
    for (const sizes of ['1 2', ',', '1,,2', 'L', `${'1'.repeat(5000)} 1`]) {
      expect(messageOf(file(header("'|u1'", `(${sizes})`), two))).toBe(`expected a tuple of sizes, got (${sizes})`)
    }
    expect(messageOf(file(header("'|u1'", `(${'1'.repeat(9000)}`), two))).toContain('expected a header of plain values')
  })

  it('refuses elements that no tensor holds', () => {
    expect(messageOf(file(header("[('a', '<f4'), ('b', '<i4')]", '(1,)'), new Uint8Array(8)), DTypeError)).toBe(
      "expected elements of one plain type, got the structured type [('a', '<f4'), ('b', '<i4')]",
    )
    for (const descr of ['<c8', '|O', '<U3', '<M8[ns]', '<u8', '<f16']) {
      expect(messageOf(file(header(`'${descr}'`, '(1,)'), new Uint8Array(8)), DTypeError)).toBe(
        `expected elements of type f8, f4, f2, i8, i4, i2, i1, u4, u2, u1, b1, got "${descr}"; convert them with astype`,
      )
    }
  })

  it('refuses shapes that no library computes with', () => {
    const shape = `(${'1,'.repeat(65)})`
    expect(messageOf(file(header("'|u1'", shape), Uint8Array.of(1)))).toBe('expected at most 64 dimensions, got 65')
    expect(loadNpy(file(header("'|u1'", `(${'1,'.repeat(64)})`), Uint8Array.of(1))).ndim).toBe(64)
    const large = 10 ** 17
    expect(messageOf(file(header("'|u1'", `(0, ${large})`), Uint8Array.of()))).toBe(
      `expected sizes that are exact in a double, got ${large}`,
    )
  })

  it('refuses data of another size, without making a tensor', () => {
    expect(messageOf(file(header("'<i2'", '(3,)'), two))).toBe('expected 6 bytes of data for shape [3], got 4')
    expect(messageOf(file(header("'<i2'", '(1,)'), two))).toBe('expected 2 bytes of data for shape [1], got 4')
    const before = process.memoryUsage().arrayBuffers
    expect(messageOf(file(header("'<f8'", '(4294967296, 4294967296)'), two))).toContain('for shape [4294967296,')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  })
})

describe.skipIf(!pythonHas('numpy'))('NumPy (skipped where python3 has no numpy)', () => {
  it('reads what we write, and we what it writes', () => {
    const [ours, big, fortran, wide] = [newPath(), newPath(), newPath(), newPath()]
    saveNpy(ours, tensor([[1.5, -2, 3]]))
    const program = `
import sys, numpy
a = numpy.load(sys.argv[1])
assert a.dtype == numpy.float32 and a.tolist() == [[1.5, -2, 3]]
numpy.save(sys.argv[2], a.astype('>f8'))
numpy.save(sys.argv[3], numpy.asfortranarray(numpy.arange(24, dtype='f2').reshape(2, 3, 4)))
with open(sys.argv[4], 'wb') as f: numpy.lib.format.write_array(f, numpy.array([[True], [False]]), version=(2, 0))
`
    python(program, [ours, big, fortran, wide])
    expect(loadNpy(big).toArray()).toEqual([[1.5, -2, 3]])
    expect(loadNpy(fortran).reshape([24]).toArray()).toEqual(Array.from({ length: 24 }, (_, i) => i))
    expect(loadNpy(wide).toArray()).toEqual([[1], [0]])
  })
})
