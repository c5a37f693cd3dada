import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FormatError } from '../../util/errors.ts'

/** A file that its publisher vouches for. */
export interface RemoteFile {
  /** Where it can be had; tried in this order. */
  urls: readonly string[]
  /** What it has to hash to, in hexadecimal. */
  checksum: { algorithm: 'sha256' | 'md5'; digest: string }
}

/** How far a download has come. */
export interface DownloadProgress {
  /** The mirror that is sending. */
  url: string
  /** Bytes that are there, those of an earlier attempt included. */
  received: number
  /** Bytes of the whole file; null where the server does not say. */
  total: number | null
}

/** How a download is watched, and when a server is given up for the next mirror. */
export interface DownloadOptions {
  /** Called as data arrives. Default: nobody is told. */
  onProgress?: (progress: DownloadProgress) => void
  /** Gives a server up that sends nothing for so many milliseconds. Default 30,000. */
  stallMs?: number
}

const op = 'download'

/**
 * Brings a file to `path`, unless it is there and right.
 *
 * What arrives goes to `path.part`; an attempt that is cut short leaves it there, and the next one, from the same or another
 * mirror, asks for the rest. Only a file whose checksum is right is renamed to `path`.
 *
 * @throws {FormatError} when every mirror fails; the message has the reason for each.
 */
export async function fetchFile(path: string, file: RemoteFile, options: DownloadOptions = {}): Promise<void> {
  const { algorithm, digest } = file.checksum
  if (sizeOfFile(path) !== null && (await hashOf(path, algorithm)) === digest) return
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.part`
  const failures: string[] = []
  for (const url of file.urls) {
    try {
      await receive(url, part, options)
      const got = await hashOf(part, algorithm)
      if (got !== digest) {
        // Of no use to anybody: the rest of another file would not make it right.
        await rm(part)
        throw new Error(`expected ${algorithm} ${digest}, got ${got}`)
      }
      await rename(part, path)
      return
    } catch (error) {
      failures.push(`${url}: ${reasonOf(error)}`)
    }
  }
  throw new FormatError(`${op}: expected ${path} from one of its mirrors, but\n  ${failures.join('\n  ')}`)
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}

function sizeOfFile(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ? stat.size : null
}

async function hashOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Appends to `part` what a server has beyond it, or starts it anew where the server cannot. */
async function receive(url: string, part: string, { onProgress, stallMs = 30_000 }: DownloadOptions): Promise<void> {
  const have = sizeOfFile(part) ?? 0
  const stall = new AbortController()
  const arm = (): NodeJS.Timeout =>
    setTimeout(() => stall.abort(new Error(`stalled: nothing came for ${stallMs} ms`)), stallMs)
  let timer = arm()
  try {
    const response = await fetch(url, {
      signal: stall.signal,
      // Packed on the way, a range would be one of the packed bytes.
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
    })
    // The server has no more than what is there: whole, or to be found wrong by its checksum.
    if (response.status === 416 && have > 0) {
      await response.body?.cancel()
      return
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      throw new Error(`the server says ${response.status} ${response.statusText}`)
    }
    const resumed = response.status === 206
    const length = response.headers.get('content-length')
    let received = resumed ? have : 0
    const total = length === null ? null : received + Number(length)
    const body = Readable.fromWeb(response.body as never)
    const watched = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        clearTimeout(timer)
        timer = arm()
        received += chunk.length
        yield chunk
        onProgress?.({ url, received, total })
      }
    }
    await pipeline(body, watched, createWriteStream(part, { flags: resumed ? 'a' : 'w' }))
    if (total !== null && received !== total) throw new Error(`truncated: expected ${total} bytes, got ${received}`)
  } catch (error) {
    throw stall.signal.aborted ? stall.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}
