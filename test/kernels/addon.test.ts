import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateError, version } from '../../lib/index.ts'
import { addonPaths, findAddon, libc } from '../../lib/kernels/addon.ts'

const root = join(import.meta.dirname, '..', '..')
const platform = `${process.platform}-${process.arch}`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strided-addon-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Puts a file, or text, where a prebuilt binary of some platform lies, and returns its path. */
function place(content: { file: string } | { text: string }, where = platform, name = 'strided.node'): string {
  const path = join(folder, 'prebuilds', where, name)
  mkdirSync(join(folder, 'prebuilds', where), { recursive: true })
  if ('file' in content) cpSync(content.file, path)
  else writeFileSync(path, content.text)
  return path
}

function message(): string {
  try {
    findAddon([folder])
  } catch (error) {
    expect(error).toBeInstanceOf(StateError)
    return (error as Error).message
  }
  return 'found'
}

const built = addonPaths([root])[0]
const heading = `native: no addon for ${platform} (${libc()}, Node ${process.version}); looked for`

describe('findAddon', () => {
  it('finds a prebuilt binary, behind a broken one, and it has the version of the package', () => {
    place({ text: 'no binary' }, platform, `strided.${libc()}.node`)
    place({ file: built })
    expect(findAddon([folder]).version).toBe(version)
    expect(version).toBe((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version)
  })

  it('says where it looked and what to do when there is no binary at all', () => {
    expect(message()).toBe(
      [
        heading,
        ...addonPaths([folder]).map((path) => `  ${path}: not there`),
        'Install the package again on this machine (npm install strided); in a checkout, run npm run build.',
      ].join('\n'),
    )
  })

  it('names the platforms that there are binaries for when this is none of them', () => {
    place({ text: '' }, 'plan9-mips')
    place({ text: '' }, 'vms-alpha')
    expect(message()).toContain(
      `\nThis package has binaries for plan9-mips, vms-alpha only; on ${platform}, build it from a checkout.`,
    )
  })

  it('repeats what the system says of a file that does not load', () => {
    const path = place({ text: 'no binary' })
    expect(message()).toMatch(new RegExp(`\\n  ${path.replaceAll('.', '\\.')}: (?!not there).+`))
    expect(message()).toContain('\nInstall the package again on this machine')
  })

  it('refuses an addon of another version', () => {
    // The text of the version inside the binary, with the zero behind it: as long as before, so that nothing moves.
    const other = `${version.slice(0, -1)}z`
    const bytes = readFileSync(built)
    const [from, to] = [version, other].map((text) => Buffer.from(`\0${text}\0`))
    let at = bytes.indexOf(from)
    expect(at).toBeGreaterThan(0)
    for (; at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at)
    const path = place({ text: '' })
    writeFileSync(path, bytes)
    expect(message()).toContain(`\n  ${path}: of version ${other}, but this package is ${version}\n`)
  })
})
