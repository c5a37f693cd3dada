import { StateError } from '../../util/errors.ts'

/** What the library uses of sharp. */
export interface SharpPipeline {
  rotate(): SharpPipeline
  resize(options: { width: number; height: number; fit: 'cover' | 'fill' }): SharpPipeline
  toColourspace(space: 'srgb' | 'b-w'): SharpPipeline
  removeAlpha(): SharpPipeline
  raw(): SharpPipeline
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array
    info: { width: number; height: number; channels: number }
  }>
}

export type Sharp = (path: string) => SharpPipeline

/**
 * The image decoder, an optional peer dependency that is loaded when first needed.
 *
 * @param load - for tests: what imports it.
 * @throws {StateError} when it is not installed or does not load; the message says what to do.
 */
export async function loadSharp(load: () => Promise<unknown> = () => import('sharp')): Promise<Sharp> {
  try {
    return ((await load()) as { default: Sharp }).default
  } catch (error) {
    throw new StateError(
      'ImageFolder: expected the package sharp, which decodes JPEG, PNG and WebP; install it with npm install sharp ' +
        `(${(error as Error).message.split('\n')[0]})`,
    )
  }
}
