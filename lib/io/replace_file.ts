import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FormatError, StridedError } from '../util/errors.ts'

/**
 * Writes a file so that its name only ever stands for complete contents: into a temporary file beside it, flushed to disk,
 * then renamed over it. When anything fails the temporary file is removed and the old file is as it was.
 *
 * @param path - of the file; its folder must exist.
 * @param parts - the contents, in order; made while they are written, where they need not all be in memory.
 */
export function replaceFile(path: string, parts: Iterable<Uint8Array>): void {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`)
  const file = openSync(temporary, 'wx')
  try {
    try {
      for (const part of parts) writeAll(file, part)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  flushFolder(folder)
}

/**
 * {@link replaceFile} for a function of the library.
 *
 * @throws {FormatError} naming the function when the file cannot be written.
 */
export function saveParts(op: string, path: string, parts: Iterable<Uint8Array>): void {
  try {
    replaceFile(path, parts)
  } catch (error) {
    if (error instanceof StridedError) throw error
    throw new FormatError(`${op}: cannot write the file (${(error as NodeJS.ErrnoException).code}); ${path}`)
  }
}

/** One write call may take less than it was given, at most 2 GiB at a time on Linux. */
function writeAll(file: number, part: Uint8Array): void {
  let written = 0
  while (written < part.length) written += writeSync(file, part, written, Math.min(part.length - written, 2 ** 30))
}

/** Makes the rename itself survive a power cut. Windows cannot open a folder and does not need this. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
