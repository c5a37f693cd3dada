import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RangeError } from '../../util/errors.ts'

/** Bytes that may wait for a viewer; one who is slower than that is sent away, and its browser asks again. */
const MOST_WAITING = 8 * 2 ** 20

/** Milliseconds that the last message may take to leave. */
const PATIENCE = 3000

/** What the server is asked for. */
export interface Content {
  /** The page. */
  html(): string
  /** What a viewer is told first. */
  greeting(): string
}

/** A server-sent event. */
export const eventOf = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** Only names of this machine: a page of somewhere else cannot point a name of its own here and read along. */
const isLocal = ({ headers }: IncomingMessage): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')

/**
 * Serves one page and a stream of events on 127.0.0.1. It keeps no process alive, waits for no viewer, and nothing that a viewer
 * does reaches anybody else.
 */
export class EventServer {
  readonly #viewers = new Set<ServerResponse>()
  readonly #content: Content
  readonly #server: Server

  constructor(content: Content) {
    this.#content = content
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#server.on('connection', (socket) => socket.unref())
    this.#server.unref()
  }

  get viewers(): number {
    return this.#viewers.size
  }

  /**
   * Begins to serve; 0 takes any free port.
   *
   * @returns the address of the page.
   * @throws {RangeError} when the port cannot be had.
   */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', ({ code }: NodeJS.ErrnoException) =>
        reject(new RangeError(`fit: expected a free port for the dashboard, got ${port} (${code})`)),
      )
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    // From here on nothing that happens to the server concerns the training.
    this.#server.on('error', () => undefined)
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Tells all viewers. */
  send(event: string): void {
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > MOST_WAITING) this.#drop(viewer)
      else viewer.write(event)
    }
  }

  /** Lets what was sent arrive, within reason, and ends. */
  async close(): Promise<void> {
    this.#server.close()
    const left = [...this.#viewers].map((viewer) => new Promise<void>((resolve) => viewer.end(resolve)))
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE).unref())
    if (left.length > 0) await Promise.race([Promise.all(left), patience])
    this.#viewers.clear()
    this.#server.closeAllConnections()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => this.#drop(response))
    if (!isLocal(request)) return void response.writeHead(403).end('expected a name of this machine')
    if (request.method !== 'GET') return void response.writeHead(405).end()
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      response.end(this.#content.html())
    } else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.on('close', () => this.#viewers.delete(response))
      response.write(this.#content.greeting())
      this.#viewers.add(response)
    } else {
      response.writeHead(404).end()
    }
  }

  #drop(viewer: ServerResponse): void {
    this.#viewers.delete(viewer)
    viewer.destroy()
  }
}
