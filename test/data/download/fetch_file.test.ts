import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../../lib/data/download/cache_folder.ts'
import { type DownloadOptions, fetchFile } from '../../../lib/data/download/fetch_file.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-download-'))
const contents = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256))
const sha256 = createHash('sha256').update(contents).digest('hex')
const requests: { url: string; range: string | undefined }[] = []

/** What the server does with each path; `/good` serves ranges as servers of static files do. */
const handlers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/good': ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    if (from >= contents.length) return void response.writeHead(416).end()
    response.writeHead(headers.range ? 206 : 200, { 'content-length': contents.length - from })
    response.end(contents.subarray(from))
  },
  '/whole': (_, response) => void response.end(contents),
  '/truncated': (_, response) => {
    response.writeHead(200, { 'content-length': contents.length })
    response.write(contents.subarray(0, 100_000))
    // Time for what was sent to arrive and be written.
    setTimeout(() => response.destroy(), 150)
  },
  '/stalls': (_, response) => {
    response.writeHead(200, { 'content-length': contents.length })
    response.write(contents.subarray(0, 100_000))
  },
  '/silent': () => {},
  '/other': (_, response) => void response.end(Buffer.from('another file')),
}

const server = createServer((request, response) => {
  requests.push({ url: request.url!, range: request.headers.range })
  const handler = handlers[request.url!]
  if (handler) handler(request, response)
  else response.writeHead(404).end('nothing here')
})
let base = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

let count = 0
let path = ''
beforeEach(() => {
  path = join(dir, String(count++), 'file.bin')
  requests.length = 0
})

function get(paths: string[], options?: DownloadOptions, digest = sha256) {
  const urls = paths.map((one) => `${base}${one}`)
  return fetchFile(path, { urls, checksum: { algorithm: 'sha256', digest } }, options)
}

describe('a download', () => {
  it('brings the file once', async () => {
    const seen: (number | null)[][] = []
    await get(['/good'], { onProgress: ({ received, total }) => seen.push([received, total]) })
    expect(readFileSync(path).equals(contents)).toBe(true)
    expect(seen.at(-1)).toEqual([300_000, 300_000])
    expect(seen.map(([received]) => received)).toEqual([...seen.map(([received]) => received!)].sort((a, b) => a! - b!))
    await get(['/good'])
    expect(requests).toHaveLength(1)
    expect(existsSync(`${path}.part`)).toBe(false)
  })

  it('knows MD5 too', async () => {
    const digest = createHash('md5').update(contents).digest('hex')
    await fetchFile(path, { urls: [`${base}/good`], checksum: { algorithm: 'md5', digest } })
    expect(readFileSync(path).length).toBe(300_000)
  })

  it('goes on where the last attempt was cut short, at the next mirror or the next call', async () => {
    await get(['/truncated', '/good'])
    expect(requests).toEqual([
      { url: '/truncated', range: undefined },
      { url: '/good', range: expect.stringMatching(/^bytes=[1-9]\d{4}-$|^bytes=100000-$/) },
    ])
    expect(readFileSync(path).equals(contents)).toBe(true)
    path = join(dir, 'again', 'file.bin')
    await expect(get(['/truncated'])).rejects.toThrow(
      new RegExp(`^download: expected ${path} from one of its mirrors, but\\n {2}${base}/truncated: terminated`),
    )
    await get(['/good'])
    expect(requests.at(-1)).toEqual({ url: '/good', range: expect.stringMatching(/^bytes=[1-9]/) })
    expect(readFileSync(path).equals(contents)).toBe(true)
  })

  it('starts anew where the server knows no ranges', async () => {
    await get(['/truncated', '/whole'])
    expect(readFileSync(path).equals(contents)).toBe(true)
  })

  it('takes what is whole already', async () => {
    await get(['/good'])
    const part = join(dir, 'part', 'file.bin')
    path = part
    await expect(get(['/stalls'], { stallMs: 50 })).rejects.toThrow('stalled')
    writeFileSync(`${part}.part`, contents)
    await get(['/good'])
    expect(requests.at(-1)).toEqual({ url: '/good', range: 'bytes=300000-' })
    expect(readFileSync(part).equals(contents)).toBe(true)
  })

  it('refuses a file with another checksum, and keeps nothing of it', async () => {
    const got = createHash('sha256').update('another file').digest('hex')
    await expect(get(['/other'])).rejects.toThrow(`${base}/other: expected sha256 ${sha256}, got ${got}`)
    expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false])
    await get(['/other', '/good'])
    expect(readFileSync(path).equals(contents)).toBe(true)
  })

  it('replaces a file that is there and wrong', async () => {
    await get(['/good'])
    writeFileSync(path, 'scribbled over')
    await get(['/good'])
    expect(readFileSync(path).equals(contents)).toBe(true)
  })

  it('gives up servers that stall, and names every failure', async () => {
    const failure = await get(['/stalls', '/silent', '/missing'], { stallMs: 60 }).catch(
      (error: Error) => error.message,
    )
    expect(failure).toBe(
      `download: expected ${path} from one of its mirrors, but\n` +
        `  ${base}/stalls: stalled: nothing came for 60 ms\n` +
        `  ${base}/silent: stalled: nothing came for 60 ms\n` +
        `  ${base}/missing: the server says 404 Not Found`,
    )
    await get(['/missing', '/stalls', '/good'], { stallMs: 60 })
    expect(readFileSync(path).equals(contents)).toBe(true)
  })
})

describe('the cache folder', () => {
  it('is STRIDED_HOME, or that of the user', () => {
    expect(cacheFolder({ STRIDED_HOME: '/data' }, 'linux', '/h')).toBe('/data')
    expect(cacheFolder({}, 'linux', '/h')).toBe(join('/h', '.cache', 'strided'))
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux', '/h')).toBe(join('/c', 'strided'))
    expect(cacheFolder({}, 'darwin', '/h')).toBe(join('/h', 'Library', 'Caches', 'strided'))
    expect(cacheFolder({ LOCALAPPDATA: 'L' }, 'win32', '/h')).toBe(join('L', 'strided', 'cache'))
  })
})
