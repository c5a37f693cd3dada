import { readFileSync } from 'node:fs'

/** Names of the members of the `Kernels` interface, read from its source. */
export function kernelNames(): string[] {
  const source = readFileSync(new URL('../../lib/kernels/kernels.ts', import.meta.url), 'utf8')
  const body = source.slice(source.indexOf('export interface Kernels<B> {'))
  return [...body.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1])
}
