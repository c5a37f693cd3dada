import { readdirSync, readFileSync } from 'node:fs'

const border = new URL('../../lib/kernels/border/', import.meta.url)

/** Names of the members of the `Kernels` interface, read from the sources of its families. */
export function kernelNames(): string[] {
  return readdirSync(border).flatMap((file) => {
    const source = readFileSync(new URL(file, border), 'utf8')
    const body = source.slice(source.search(/^export interface \w+<B> \{/m))
    return [...body.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1])
  })
}
