import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The built package, which is what users run: the sources under a TypeScript loader would be slower.
 *
 * @throws {Error} when it is not there
 */
export async function loadLibrary(): Promise<typeof import('../lib/index.ts')> {
  return (await importBuilt('index.js')) as typeof import('../lib/index.ts')
}

/** The native backend of the built package. */
export async function loadNativeBackend(): Promise<typeof import('../lib/kernels/native.ts')> {
  return (await importBuilt('kernels/native.js')) as typeof import('../lib/kernels/native.ts')
}

function importBuilt(file: string): Promise<unknown> {
  const url = new URL(`../dist/${file}`, import.meta.url)
  if (!existsSync(fileURLToPath(url)))
    throw new Error(`dist/${file} is not there; build the package with npm run build`)
  return import(url.href)
}
