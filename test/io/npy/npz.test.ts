import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { npyBytes } from '../../../lib/io/npy/npy.ts'
import { loadNpz, saveNpz } from '../../../lib/io/npy/npz.ts'
import { tensor, zeros } from '../../../lib/tensor/create.ts'
import '../../../lib/index.ts'
import { DTypeError, FormatError } from '../../../lib/util/errors.ts'
import { python, pythonHas } from '../../support/python.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-npz-'))
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
const newPath = () => join(dir, `file-${files++}.npz`)

function archive(bytes: Uint8Array): string {
  const path = newPath()
  writeFileSync(path, bytes)
  return path
}

const npy = (values = [1, 2]) => npyBytes(tensor(values))

describe('saveNpz', () => {
  it('writes what loadNpz reads, stored and deflated', () => {
    const tensors = {
      images: tensor(
        Uint8Array.from({ length: 3000 }, (_, i) => i & 7),
        { shape: [3, 1000] },
      ),
      'naïve name': tensor([1.5, Number.NaN]),
      nothing: zeros([0, 3]),
    }
    const sizes = [false, true].map((compress) => {
      const path = newPath()
      saveNpz(path, tensors, { compress })
      const loaded = loadNpz(path)
      expect(Object.keys(loaded)).toEqual(Object.keys(tensors))
      for (const [name, { shape, dtype }] of Object.entries(tensors)) {
        expect(loaded[name].shape).toEqual(shape)
        expect(loaded[name].dtype).toBe(dtype)
      }
      expect(loaded.images.toTypedArray()).toEqual(tensors.images.toTypedArray())
      expect(loaded['naïve name'].toArray()).toEqual([1.5, Number.NaN])
      return statSync(path).size
    })
    expect(sizes[1]).toBeLessThan(sizes[0] / 2)
  })

  it('writes the same bytes for the same tensors', () => {
    const paths = [newPath(), newPath()]
    for (const path of paths) saveNpz(path, { a: tensor([1, 2]) })
    expect(readFileSync(paths[0])).toEqual(readFileSync(paths[1]))
  })

  it('refuses what it cannot write', () => {
    expect(() => saveNpz(newPath(), { '': tensor([1]) })).toThrow(
      'saveNpz: expected every tensor to have a name, got an empty one',
    )
    expect(() => saveNpz(newPath(), {}, { level: 9 } as object)).toThrow(
      'saveNpz: expected options compress, got "level"',
    )
    expect(() => saveNpz(newPath(), { large: zeros([1]).expand([2 ** 30]) })).toThrow(
      `saveNpz: expected at most ${2 ** 32 - 2 ** 24} bytes of tensors, got ${2 ** 32}; use saveSafetensors`,
    )
    const missing = join(dir, 'nowhere', 'a.npz')
    expect(() => saveNpz(missing, {})).toThrow(`saveNpz: cannot write the file (ENOENT); ${missing}`)
  })
})

describe('loadNpz', () => {
  it('refuses what is no archive of arrays', () => {
    const path = archive(Uint8Array.of(1, 2, 3))
    expect(() => loadNpz(path)).toThrow(`loadNpz: expected a zip archive; ${path}`)
    const text = archive(zipSync({ 'readme.txt': npy() }))
    expect(() => loadNpz(text)).toThrow(`loadNpz: expected an archive of .npy files, got "readme.txt"; ${text}`)
    const notNpy = archive(zipSync({ 'a.npy': Uint8Array.of(1, 2, 3) }))
    expect(() => loadNpz(notNpy)).toThrow(`loadNpz: expected at least 10 bytes, got 3; ${notNpy}: a.npy`)
    expect(loadNpz(archive(zipSync({})))).toEqual({})
  })

  it('refuses names that stand twice', () => {
    const bytes = Buffer.from(zipSync({ 'a.npy': npy(), 'b.npy': npy() }))
    const path = archive(Buffer.from(bytes.toString('latin1').replaceAll('b.npy', 'a.npy'), 'latin1'))
    expect(() => loadNpz(path)).toThrow(`loadNpz: expected each name once, got "a.npy" twice; ${path}`)
  })

  it('refuses changed bytes, stored and deflated', () => {
    for (const level of [0, 6] as const) {
      const bytes = zipSync({ 'a.npy': npy(Array.from({ length: 500 }, (_, i) => i * i)) }, { level })
      bytes[Math.floor(bytes.length / 2)] ^= 4
      const path = archive(bytes)
      expect(() => loadNpz(path)).toThrow(
        /^loadNpz: (the archive cannot be unpacked \(|the checksum of a\.npy does not fit)/,
      )
    }
  })

  it('refuses truncated archives', () => {
    const bytes = zipSync({ 'a.npy': npy(), 'b.npy': npy() })
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => loadNpz(archive(bytes.subarray(0, length)))).toThrow(FormatError)
    }
    // Without its beginning, what the directory points to lies elsewhere.
    expect(() => loadNpz(archive(bytes.subarray(20)))).toThrow(FormatError)
  })

  it('unpacks nothing that would be too large', () => {
    const bomb = archive(zipSync({ 'a.npy': new Uint8Array(2 ** 24), 'b.npy': new Uint8Array(2 ** 24) }))
    const before = process.memoryUsage().arrayBuffers
    expect(() => loadNpz(bomb, { maxBytes: 2 ** 24 + 5 })).toThrow(
      `loadNpz: expected at most ${2 ** 24 + 5} bytes of arrays (maxBytes), got ${2 ** 25}; ${bomb}`,
    )
    expect(() => loadNpz(bomb, { maxBytes: 5 })).toThrow('loadNpz: expected at most 5 bytes of arrays (maxBytes)')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
    expect(() => loadNpz(bomb, { maxBytes: -1 })).toThrow('loadNpz: expected maxBytes to be an integer of at least 0')
  })

  it('refuses sizes that no packed data can have, before it allocates them', () => {
    const bytes = Buffer.from(zipSync({ 'a.npy': npy() }))
    const directory = bytes.indexOf('PK\x01\x02', 0, 'latin1')
    bytes.writeUInt32LE(0xfffffff0, directory + 24)
    const path = archive(bytes)
    const before = process.memoryUsage().arrayBuffers
    expect(() => loadNpz(path)).toThrow(/^loadNpz: a\.npy cannot have 4294967280 bytes in \d+ packed ones; the archive/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  })
})

describe.skipIf(!pythonHas('numpy'))('NumPy (skipped where python3 has no numpy)', () => {
  it('reads what we write, and we what it writes', () => {
    const [ours, packed, stored] = [newPath(), newPath(), newPath()]
    saveNpz(ours, { a: tensor([[1, 2]]), b: tensor(BigInt64Array.of(5n)) }, { compress: true })
    const program = `
import sys, numpy
z = numpy.load(sys.argv[1])
assert sorted(z.files) == ['a', 'b'] and z['a'].tolist() == [[1, 2]] and z['b'].dtype == numpy.int64
for save, path in ((numpy.savez_compressed, sys.argv[2]), (numpy.savez, sys.argv[3])):
    save(path, x=numpy.arange(5000, dtype='i4').reshape(50, 100), y=numpy.float16(0.5))
numpy.savez(sys.argv[4], x=numpy.array([{}], dtype=object))
`
    const objects = newPath()
    python(program, [ours, packed, stored, objects])
    for (const path of [packed, stored]) {
      const { x, y } = loadNpz(path)
      expect([...x.reshape([5000]).toTypedArray()]).toEqual(Array.from({ length: 5000 }, (_, i) => i))
      expect(x.shape).toEqual([50, 100])
      expect(y.toArray()).toBe(0.5)
    }
    expect(() => loadNpz(objects)).toThrow(DTypeError)
  })
})
