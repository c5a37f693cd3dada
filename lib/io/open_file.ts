import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FormatError } from '../util/errors.ts'

/** A file opened for reading, or bytes that stand for one. */
export interface OpenFile {
  /** Its name, for errors. */
  readonly path: string
  readonly size: number
  /** Fills `target` from byte `position` on. */
  read(target: Uint8Array, position: number): void
}

// One read call may ask for at most 2 GiB.
const MAX_READ = 2 ** 30

/**
 * Opens a file, lends it to `use`, and closes it.
 *
 * @throws {FormatError} when it cannot be opened or is no regular file.
 */
export function withFile<Result>(op: string, path: string, use: (file: OpenFile) => Result): Result {
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch (error) {
    throw new FormatError(`${op}: cannot open the file (${(error as NodeJS.ErrnoException).code}); ${path}`)
  }
  try {
    const stat = fstatSync(handle)
    if (!stat.isFile()) throw new FormatError(`${op}: expected a regular file; ${path}`)
    const read = (target: Uint8Array, position: number) => {
      let done = 0
      while (done < target.length) {
        const got = readSync(handle, target, done, Math.min(target.length - done, MAX_READ), position + done)
        if (got === 0) throw new FormatError(`${op}: the file became shorter while it was read; ${path}`)
        done += got
      }
    }
    return use({ path, size: stat.size, read })
  } finally {
    closeSync(handle)
  }
}

/** Bytes in memory as a file. */
export function bytesAsFile(path: string, bytes: Uint8Array): OpenFile {
  return {
    path,
    size: bytes.length,
    read: (target, position) => target.set(bytes.subarray(position, position + target.length)),
  }
}
