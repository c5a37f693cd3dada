import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { faultsOf, inspectAddon } from '../../packaging/check_addon.ts'
import { root } from '../../packaging/targets.ts'

const readable = process.platform === 'linux' && spawnSync('readelf', ['--version']).error === undefined
const fit = {
  glibc: '2.28',
  newer: [],
  needed: ['libm.so.6', 'libc.so.6', 'ld-linux-x86-64.so.2'],
  exported: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
}

describe('the check of a Linux addon', () => {
  it.skipIf(!readable)('finds nothing against the one of this checkout (skipped without readelf)', () => {
    const report = inspectAddon(join(root, 'build', 'Release', 'strided.node'))
    expect(report.needed).toContain('libc.so.6')
    expect(report.exported).toContain('napi_register_module_v1')
    expect(faultsOf(report, report.glibc!)).toEqual([])
    if (report.newer.length > 0) expect(faultsOf(report, '2.28')).toHaveLength(1)
  })

  it('refuses a newer glibc, a library that may be absent, and symbols in view', () => {
    expect(faultsOf(fit, '2.28')).toEqual([])
    expect(faultsOf({ ...fit, glibc: '2.9' }, '2.28')).toEqual([])
    expect(faultsOf({ ...fit, glibc: '2.34', newer: ['pthread_create (2.34)'] }, '2.28')).toEqual([
      'needs glibc 2.34, newer than 2.28: pthread_create (2.34)',
    ])
    expect(faultsOf({ ...fit, needed: ['libstdc++.so.6', 'libc.so.6'] }, '2.28')).toEqual([
      'loads libstdc++.so.6, which must be linked statically',
    ])
    expect(faultsOf({ ...fit, exported: ['_ZNSt6vectorE'] }, '2.28')).toEqual([
      'shows _ZNSt6vectorE, which must be hidden',
      'does not show napi_register_module_v1',
    ])
  })
})
