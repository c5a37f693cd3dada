import { readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { FormatError } from '../util/errors.ts'

/** What a file may unpack to: more than any set of small images, and what one buffer holds. */
const MAX_BYTES = 2 ** 31 - 1

/**
 * The bytes of a file, unpacked when it is gzipped (told by its first two bytes).
 *
 * @param op - who reads, for error messages.
 * @throws {FormatError} when it is no readable file, corrupt, or unpacks to more than 2 GiB.
 */
export function readPacked(op: string, path: string): Uint8Array {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new FormatError(`${op}: no such file; ${path}`)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new FormatError(`${op}: cannot read the file (${(error as NodeJS.ErrnoException).code}); ${path}`)
  }
  if (bytes.length < 2 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    throw new FormatError(`${op}: corrupt or truncated gzip file (${(error as Error).message}); ${path}`)
  }
}
