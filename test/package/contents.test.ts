import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { faultsOfPackage, listPackage } from '../../packaging/pack.ts'
import { root, targets } from '../../packaging/targets.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  gypfile: boolean
  scripts: Record<string, string>
  exports: Record<string, unknown>
}

describe('the package', () => {
  it('holds the compiled library, the binaries, README and LICENSE, and nothing else', { timeout: 60_000 }, () => {
    const packed = listPackage()
    expect(faultsOfPackage(packed, false)).toEqual([])
    expect(packed.files.length).toBeGreaterThan(500)

    const files = packed.files.filter(({ path }) => path !== 'LICENSE')
    const changed = { ...packed, size: 2e7, files: [...files, { path: 'binding.gyp' }] }
    const faults = faultsOfPackage(changed, true)
    expect(faults.slice(0, 3)).toEqual([
      'LICENSE is missing',
      'binding.gyp is no part of it',
      '20000000 bytes are more than 10000000',
    ])
    for (const fault of faults.slice(3)) expect(targets.map((target) => `no binary ${target}`)).toContain(fault)
  })

  it('runs nothing when it is installed', () => {
    expect(manifest.gypfile).toBe(false)
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts).not.toHaveProperty(name)
    // npm would run `prebuild` before every `npm run build`, were it not for this.
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  })

  it('is one and the same by import and by require', async () => {
    const require = createRequire(import.meta.url)
    for (const name of ['strided', 'strided/reference']) {
      const imported = (await import(/* @vite-ignore */ name)) as Record<string, unknown>
      const required = require(name) as Record<string, unknown>
      expect(Object.keys(required).sort(), name).toEqual(Object.keys(imported).sort())
    }
    expect((require('strided') as { Tensor: unknown }).Tensor).toBeTypeOf('function')
  })
})
