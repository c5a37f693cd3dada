import type { Backend } from './backend.ts'

/**
 * Loads the addon.
 *
 * @throws {Error} when it has not been built for this platform.
 */
export function createNativeBackend(): Backend {
  throw new Error('the native addon has not been built: run npm run build')
}
