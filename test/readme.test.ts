import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { usage } from '../lib/cli/train_args.ts'
import { loadSafetensors } from '../lib/io/safetensors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The text files below a folder that git would track. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs|cc|h|gypi?|txt)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

describe('README', () => {
  it('has a training script of about twenty lines that runs and learns', () => {
    const [, script] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
    expect(script.trim().split('\n').length).toBeLessThanOrEqual(24)
    const dir = mkdtempSync(join(tmpdir(), 'strided-readme-'))
    try {
      const file = join(dir, 'script.mts')
      writeFileSync(file, script.replace("'strided'", JSON.stringify(new URL('../lib/index.ts', import.meta.url))))
      const tsx = import.meta.resolve('tsx')
      const result = spawnSync(process.execPath, ['--import', tsx, file], { cwd: dir, encoding: 'utf8' })
      expect(result.stderr).toBe('')
      const [, right] = /^(\d+) of 1000 right\n$/.exec(result.stdout) ?? []
      expect(Number(right)).toBeGreaterThan(850)
      expect(loadSafetensors(join(dir, 'digits.safetensors'))['0.weight'].shape).toEqual([24, 1, 7, 7])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('shows both commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 24).join('\n')
    expect(screen).toContain('npm ci && npm run train')
    expect(screen).toContain('npm ci && npm test')
  })

  it('lists exactly the environment variables that the code reads', () => {
    const listed = [...readme.matchAll(/^\| `(STRIDED_\w+)/gm)].map(([, name]) => name).sort()
    const text = [...sources('lib'), ...sources('native')].join('\n')
    const read = [...text.matchAll(/(?:\benv\.|getenv\(")(STRIDED_\w+)/g)].map(([, name]) => name)
    expect(listed).toEqual([...new Set(read)].sort())
  })

  it('names only folders, files and options that exist', () => {
    const tree = readme.slice(readme.indexOf('## The tree'))
    const folders = [...tree.matchAll(/`((?:lib|native|test|bench|examples)\/\S*)`/g)].map(([, name]) => name)
    expect(folders.length).toBeGreaterThan(8)
    for (const name of folders) expect(existsSync(join(root, name)), name).toBe(true)
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g), ...readme.matchAll(/npx tsx (\S+\.ts)/g)]
    for (const [, name] of links) expect(existsSync(join(root, name)), name).toBe(true)
    const [command] = /npm run train -- .*/.exec(readme) ?? ['']
    const options = command.match(/--\w[\w-]*/g) ?? []
    expect(options.length).toBeGreaterThan(4)
    for (const option of options) expect(usage).toContain(`  ${option} `)
  })
})
