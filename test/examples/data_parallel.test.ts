import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../examples/data_parallel.ts', import.meta.url))

it('data_parallel: without a launcher it is an ordinary run, with its checkpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strided-examples-'))
  try {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', script, '200', '1', folder], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/\d+\.\d % of new digits right, trained in one process\n$/)
    expect(existsSync(join(folder, 'last.ckpt'))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
