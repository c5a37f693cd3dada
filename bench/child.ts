import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** How to start a process of the line protocol; see peers/server.ts. */
export interface Command {
  command: string
  args: string[]
  env: Record<string, string>
}

export type Reply = Record<string, unknown>

/** A peer did not answer in time; it has been ended. */
export class TimeoutError extends Error {}

/** One process that answers requests by lines, started on the first one and again after it ended. */
export class Child {
  readonly #command: Command
  #process: ChildProcess | null = null
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null
  #errors = ''

  constructor(command: Command) {
    this.#command = command
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @throws {TimeoutError} after `timeoutMs`
   * @throws {Error} with the reply's `error`, or what the process said before it ended
   */
  async request(request: object, timeoutMs: number): Promise<Reply> {
    const child = this.#process ?? this.#start()
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.close()
        reject(new TimeoutError(`no answer within ${timeoutMs / 1000} s`))
      }, timeoutMs)
      this.#waiting = {
        resolve: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      child.stdin?.write(`${JSON.stringify(request)}\n`)
    })
    if (typeof reply.error === 'string') throw new Error(reply.error)
    return reply
  }

  /** Ends the process. */
  close(): void {
    const child = this.#process
    this.#process = null
    this.#waiting = null
    child?.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const { command, args, env } = this.#command
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process = child
    this.#errors = ''
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return
      const waiting = this.#waiting
      this.#waiting = null
      waiting?.resolve(JSON.parse(line) as Reply)
    })
    // Only the end of what it says is of interest, and only when it ends by itself.
    child.stderr!.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-2000)
    })
    const ended = (reason: string): void => {
      if (this.#process !== child) return
      this.#process = null
      const waiting = this.#waiting
      this.#waiting = null
      waiting?.reject(new Error(lastWords(this.#errors) ?? reason))
    }
    child.on('error', (error) => ended(error.message))
    child.on('close', (code, signal) => ended(`${command} ended with ${signal ?? code}`))
    // Writing to a process that has just ended; `close` reports it.
    child.stdin!.on('error', () => {})
    return child
  }
}

/** Why a process ended: the last line that names an error, else the last one; undefined when it said nothing. */
function lastWords(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return (lines.findLast((line) => /^\S*(Error|Exception)\b.*:/.test(line)) ?? lines.at(-1))?.trim()
}

/** CPUs that this process may run on, in the form `0-3,8`. */
function allowedCpus(): number[] {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return (list ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** The first hardware thread of a CPU's core: the same number for CPUs that share one. */
function coreOf(cpu: number): string {
  return readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8').split(/[,-]/)[0].trim()
}

/**
 * CPUs to bind `threads` threads to, each on a core of its own as far as there are enough.
 *
 * @returns null where the system does not tell or has no `taskset`
 */
export function chooseCpus(threads: number): number[] | null {
  try {
    if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) return null
    const seen = new Set<string>()
    const [first, second]: [number[], number[]] = [[], []]
    for (const cpu of allowedCpus()) {
      const core = coreOf(cpu)
      ;(seen.has(core) ? second : first).push(cpu)
      seen.add(core)
    }
    const cpus = [...first, ...second].slice(0, threads)
    return cpus.length === threads ? cpus : null
  } catch {
    return null
  }
}

/** The command bound to CPUs. */
export function bound({ command, args, env }: Command, cpus: readonly number[] | null): Command {
  if (cpus === null) return { command, args, env }
  return { command: 'taskset', args: ['-c', cpus.join(','), command, ...args], env }
}
