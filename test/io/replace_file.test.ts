import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replaceFile } from '../../lib/io/replace_file.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-replace-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('replaceFile', () => {
  it('writes all parts under the name', () => {
    const path = join(dir, 'new')
    replaceFile(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
  })

  it('replaces an old file and leaves nothing else behind', () => {
    const path = join(dir, 'old')
    writeFileSync(path, 'long old contents')
    replaceFile(path, [Uint8Array.of(7)])
    expect([...readFileSync(path)]).toEqual([7])
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('leaves nothing behind when the name cannot be taken', () => {
    const path = join(dir, 'folder')
    mkdirSync(path)
    expect(() => replaceFile(path, [Uint8Array.of(7)])).toThrow(/EISDIR|EPERM|ENOTEMPTY|EEXIST/)
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
  })
})
