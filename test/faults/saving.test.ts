import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'strided-full-'))
afterAll(() => {
  chmodSync(folder, 0o755)
  rmSync(folder, { recursive: true })
})

interface Outcome {
  messages: string[]
  kept: boolean
  files: string[]
}

/** Saves over a good file in a child; `limit` stands before the program in a shell. */
function save(limit: string, ...args: string[]): Outcome {
  writeFileSync(join(folder, 'run.ckpt'), 'the checkpoint of an hour ago')
  const script = join(root, 'test', 'support', 'save_faults.mjs')
  const command = `${limit} exec "$0" "$@"`
  const output = execFileSync('bash', ['-c', command, process.execPath, script, folder, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return JSON.parse(output)
}

describe.skipIf(process.platform === 'win32')('saving (skipped on Windows, which has no such limits)', () => {
  it('leaves the previous file and nothing else where the disk takes no more', () => {
    // In blocks of 1 KB: the file would have 40.
    const { messages, kept, files } = save('ulimit -f 16;')
    const path = join(folder, 'run.ckpt')
    expect(messages).toEqual([
      `FormatError: saveCheckpoint: cannot write the file (EFBIG); ${path}`,
      `FormatError: saveSafetensors: cannot write the file (EFBIG); ${path}`,
    ])
    expect({ kept, files }).toEqual({ kept: true, files: ['run.ckpt'] })
  })

  it('does so where the folder may not be written', () => {
    chmodSync(folder, 0o555)
    // The superuser may write anywhere; any other user will do.
    const { messages, kept, files } = save('', ...(process.getuid?.() === 0 ? ['65534'] : []))
    chmodSync(folder, 0o755)
    const path = join(folder, 'run.ckpt')
    expect(messages).toEqual([
      `FormatError: saveCheckpoint: cannot write the file (EACCES); ${path}`,
      `FormatError: saveSafetensors: cannot write the file (EACCES); ${path}`,
    ])
    expect({ kept, files }).toEqual({ kept: true, files: ['run.ckpt'] })
  })
})
