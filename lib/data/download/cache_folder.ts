import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where downloaded data is kept: `STRIDED_HOME`, or else `strided` in the user's cache folder (`XDG_CACHE_HOME` or
 * `~/.cache`; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.STRIDED_HOME) return env.STRIDED_HOME
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'strided')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'strided', 'cache')
  return join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'strided')
}
