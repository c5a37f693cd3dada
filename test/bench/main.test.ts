import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Row } from '../../bench/row.ts'

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))

function bench(...args: string[]) {
  return spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], { encoding: 'utf8' })
}

const KEYS = ['suite', 'name', 'problem', 'pass', 'isa', 'threads', 'ms']

/** A quick run of one case on one thread without peers: its rows and what it printed. */
function quick(suite: string, filter: string): { rows: Row[]; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), 'strided-bench-'))
  try {
    const json = join(folder, 'rows.json')
    const options = ['--filter', filter, '--threads', '1', '--quick', '--peers', 'none', '--json', json]
    const { stdout, stderr, status } = bench(suite, ...options)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return { rows: JSON.parse(readFileSync(json, 'utf8')), stdout }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('npm run bench', () => {
  it('conv: times a problem in all passes', () => {
    const { rows, stdout } = quick('conv', 'ic3ih6oc4kh3sh1ph1')
    expect(rows.map(({ pass }) => pass)).toEqual(['forward', 'backwardInput', 'backwardWeight'])
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([...KEYS, 'gflops', 'peers', 'ratio'])
      expect(row).toMatchObject({ suite: 'conv', problem: 'ic3ih6oc4kh3sh1ph1', threads: 1, peers: {} })
      expect(row.ms).toBeGreaterThan(0)
      expect(row.gflops).toBeCloseTo((2 * 3 * 4 * 256) / row.ms / 1e6, 3)
    }
    expect(stdout).toContain('PyTorch: left out')
    expect(stdout).toContain('oneDNN: left out')
    expect(stdout).toMatch(/^strided: (scalar|avx2|avx512), 1 thread, /)
  })

  it('ops: times a kernel and the overhead of a call', () => {
    const { rows } = quick('ops', 'linear mlp_3 forward')
    expect(rows).toHaveLength(1)
    expect(Object.keys(rows[0])).toEqual([...KEYS, 'gflops', 'gbps', 'peers', 'ratio'])
    const { rows: overhead, stdout } = quick('ops', 'op overhead add')
    expect(Object.keys(overhead[0])).toEqual([...KEYS, 'peers', 'ratio'])
    expect(stdout).toContain('us per call')
  })

  it('models: times a step', () => {
    const { rows } = quick('models', 'mlp step')
    expect(rows.map(({ name, problem, pass }) => [name, problem, pass])).toEqual([['mlp', 'n32c1h28w28', 'step']])
  })

  it('says what is wrong with the command line, in one line and with exit code 2', () => {
    const { status, stderr } = bench('conv', '--threads', 'many')
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'bench: expected --threads to be a whole number of at least 1, got "many"\n',
    })
    const none = bench('models', '--filter', 'alexnet', '--peers', 'none')
    expect(none.status).toBe(2)
    expect(none.stdout).toContain('bench: no case of models matches "alexnet"')
  })
})
