import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { functional as F, nn, randn } from '../../lib/index.ts'

const names = /^(lazy_)?conv(_transpose)?\dd\.ts$|^(pad|locally_connected2d)\.ts$|_separable_conv2d\.ts$/

/** Examples in the comments of a folder's convolutions: file, code and what the comment behind it says of the shape. */
function examples(folder: string): [string, string, string | undefined][] {
  const url = new URL(`../../lib/${folder}/`, import.meta.url)
  return readdirSync(url)
    .filter((file) => names.test(file))
    .flatMap((file): [string, string, string | undefined][] => {
      const code = readFileSync(new URL(file, url), 'utf8').match(/```ts\n \* (.*)\n/)?.[1]
      if (code === undefined) return []
      const [run, comment] = code.split(' // ')
      return [[`${folder}/${file}`, run, comment]]
    })
}

describe('examples in comments', () => {
  const found = [...examples('ops'), ...examples('nn')]
  it('are there', () => {
    expect(found.map(([file]) => file).sort()).toHaveLength(8 + 12)
  })
  it.each(found)('of %s run: %s', (_, code, comment) => {
    const value = new Function('F', 'nn', 'randn', `return ${code}`)(F, nn, randn) as unknown
    const shape = comment?.match(/^\[[\d, ]+\]/)?.[0]
    if (shape !== undefined) expect(value).toEqual(JSON.parse(shape))
    else expect(value).toBeInstanceOf(nn.Module)
  })
})
