import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  arange,
  loadNpy,
  loadNpz,
  loadSafetensors,
  StridedError,
  saveNpy,
  saveNpz,
  saveSafetensors,
  tensor,
} from '../../lib/index.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-damaged-'))
afterAll(() => rmSync(dir, { recursive: true }))

const tensors = { a: arange(6).reshape([2, 3]), 'b.weight': tensor([1.5, 2]), c: tensor(Uint8Array.of(1)) }

type Kind = [name: string, save: (path: string) => void, load: (path: string) => unknown]

const kinds: Kind[] = [
  ['safetensors', (path) => saveSafetensors(path, tensors, { metadata: { a: 'b' } }), loadSafetensors],
  ['npy', (path) => saveNpy(path, tensors.a), loadNpy],
  ['npz', (path) => saveNpz(path, tensors, { compress: true }), loadNpz],
]

describe.each(kinds)('a damaged %s file', (name, save, load) => {
  const path = join(dir, `whole.${name}`)
  save(path)
  const whole = readFileSync(path)
  const damaged = join(dir, `damaged.${name}`)

  /** What is wrong with the file, if anything is seen: an error of the library's own, and no other. */
  function messageFor(bytes: Uint8Array): string {
    writeFileSync(damaged, bytes)
    try {
      load(damaged)
      return ''
    } catch (error) {
      expect(error).toBeInstanceOf(StridedError)
      return (error as Error).message
    }
  }

  it('is refused when it is cut off anywhere', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(messageFor(whole.subarray(0, length)), `of ${length} bytes`).not.toBe('')
    }
  })

  it('ends in an error of the library or in tensors, whatever bytes are changed', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) })
    const before = process.memoryUsage().arrayBuffers
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(whole)
        for (const { at, byte } of changes) bytes[at] = byte
        const message = messageFor(bytes)
        expect(message === '' || message.includes(damaged)).toBe(true)
      }),
      { seed: 7, numRuns: 400 },
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25)
  })
})
