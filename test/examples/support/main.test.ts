import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../../examples/support/main.ts', import.meta.url))
// By its place, as the process runs in another folder.
const tsx = import.meta.resolve('tsx')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'strided-examples-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function example(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', tsx, script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    // Vitest's own flags are not for this process.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { stdout, stderr, status }
}

describe('npm run example', () => {
  it('lists every example with what it shows', () => {
    const { stdout, stderr, status } = example()
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    const names = readdirSync(join(script, '..', '..')).filter((file) => file.endsWith('.ts'))
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => `${line.split(' ', 1)[0]}.ts`)).toEqual(names.sort())
    for (const line of lines) expect(line).toMatch(/^\w+ {2,}[A-Z].+[.:]$/)
  })

  it('runs one, prints its sentence and writes its figure', () => {
    const { stdout, stderr, status } = example('norm_statistics')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/^Batch norm took 12 .*\. \(runs\/norm_statistics\.svg\)\n$/)
    expect(readFileSync(join(folder, 'runs/norm_statistics.svg'), 'utf8')).toMatch(/^<svg /)
  })

  it('hands a plain script its arguments', () => {
    const input = join(folder, 'black.png')
    writeFileSync(input, encode({ width: 4, height: 3, data: new Uint8Array(12), channels: 1 }))
    const { stdout, status } = example('sobel', input, 'edges.png')
    expect({ stdout, status }).toEqual({ stdout: 'edges.png: 4x3, mean edge 0.0000\n', status: 0 })
    expect(existsSync(join(folder, 'edges.png'))).toBe(true)
  })

  it('says which examples there are when it does not know one', () => {
    const { stdout, stderr, status } = example('mnist')
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 })
    expect(stderr).toMatch(/^example: expected one of .*norm_statistics, .*sobel, .*, got mnist\n$/)
  })
})
