import { describe, expect, it } from 'vitest'
import { runStrided } from './run_strided.ts'

describe('strided crosscheck', () => {
  it('compares the kernels with the reference', async () => {
    const argv = ['--problems', '2', '--threads', '1,2', '--ops', 'conv2d,batchNorm,sum,sgd,dropout']
    const { code, stdout, stderr } = await runStrided('crosscheck', ...argv)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^conv2d +\d\.\de-\d/m)
    expect(stdout).toMatch(/^no mismatch: .*scalar, 1, 2 threads$/m)
  })

  it('ends with 1 where results are further apart than the limit', async () => {
    const { code, stdout, stderr } = await runStrided(
      'crosscheck',
      '--problems',
      '1',
      '--ops',
      'linear',
      '--limit',
      '0',
      '--json',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^crosscheck: linear \[.* on \w+ with 1 thread: error \d\.\de-\d$/m)
    const { results } = JSON.parse(stdout)
    expect(results[0]).toMatchObject({ op: 'linear', problems: 1 })
    expect(results[0].mismatches.length).toBeGreaterThan(0)
  })

  it('refuses what does not exist', async () => {
    expect((await runStrided('crosscheck', '--ops', 'conv4d')).stderr).toMatch(
      /^crosscheck: --ops: expected some of .*, got "conv4d"\n$/,
    )
    expect((await runStrided('crosscheck', '--isas', 'mmx')).stderr).toMatch(
      /^crosscheck: --isas: expected some of .*, got "mmx"\n$/,
    )
    expect((await runStrided('crosscheck', '--threads', '0')).stderr).toBe(
      'crosscheck: --threads: expected numbers from 1 to 256 such as 1,2,8, got "0"\n',
    )
  })
})
