import { join } from 'node:path'
import { bringFiles } from '../download/bring_files.ts'
import { cacheFolder } from '../download/cache_folder.ts'
import type { DownloadOptions } from '../download/fetch_file.ts'
import { official } from '../download/official.ts'

/** Where the files of a well-known data set are, and whether they are to be fetched. */
export interface OpenOptions extends DownloadOptions {
  /** Default: a folder of the set's name in `STRIDED_HOME`, or else in the user's cache folder. */
  root?: string
  /** Whether to fetch the official files that are not there, or wrong. Default false. */
  download?: boolean
}

/**
 * Brings the files of a well-known data set where needed, then makes it.
 *
 * @param options - those for the files, and those that `make` gets with the folder.
 */
export async function openSet<Options extends OpenOptions, Made>(
  name: keyof typeof official,
  options: Options,
  make: (root: string, options: Omit<Options, keyof OpenOptions>) => Made,
): Promise<Made> {
  const { root = join(cacheFolder(), name), download = false, onProgress, stallMs, ...rest } = options
  if (download) await bringFiles(root, official[name], { onProgress, stallMs })
  return make(root, rest)
}
