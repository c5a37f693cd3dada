import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Tensor } from '../../tensor/tensor.ts'
import { StateError } from '../../util/errors.ts'
import type { Recipe } from '../dataset.ts'
import { unpackBatch } from './batch_bytes.ts'
import type { BatchAnswer, BatchRequest, WorkerSetup } from './messages.ts'

/**
 * The file that a worker runs: beside this one, as .js in the compiled library and .ts in the sources.
 *
 * @throws {StateError} in a bundle, which does not hold it. The recipes of data sets name files of the library, too.
 */
function workerFile(): URL {
  // Absent in a bundle of CommonJS form.
  const here: string | undefined = import.meta.url
  const file = here === undefined ? null : new URL(`./worker${here.endsWith('.ts') ? '.ts' : '.js'}`, here)
  if (file !== null && existsSync(fileURLToPath(file))) return file
  throw new StateError(
    `DataLoader: expected the file of the worker threads beside the library, got none at ${file ?? 'a bundle'}; leave ` +
      'strided out of the bundle (esbuild --external:strided), or leave workers at 0',
  )
}

/** A batch that was asked for. */
export type BatchJob = Omit<BatchRequest, 'id' | 'memory'>

interface Pending {
  resolve(tensors: Tensor[]): void
  reject(error: Error): void
}

/** One thread, with the memory that batches come back in. */
class Lane {
  readonly #worker: Worker
  readonly #number: number
  readonly #pending = new Map<number, Pending>()
  /** Memory of batches that were taken over, for the next ones. */
  readonly #idle: SharedArrayBuffer[] = []
  #next = 0
  #ended: Error | null = null

  constructor(number: number, setup: WorkerSetup) {
    this.#number = number
    this.#worker = new Worker(workerFile(), { workerData: setup, name: `strided data ${number}` })
    // Nobody waits for a batch yet; an idle worker keeps no process alive.
    this.#worker.unref()
    this.#worker.on('message', (answer: BatchAnswer) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', (code) => this.#end(new Error(`exited with code ${code}`)))
  }

  ask(job: BatchJob): Promise<Tensor[]> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const id = this.#next++
    const memory = this.#idle.pop() ?? new SharedArrayBuffer(0)
    return new Promise((resolve, reject) => {
      this.#worker.ref()
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ id, memory, ...job } satisfies BatchRequest)
    })
  }

  /** What is still under way keeps no process alive any more: nobody waits for it. */
  forget(): void {
    this.#worker.unref()
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: BatchAnswer): void {
    const pending = this.#pending.get(answer.id)!
    this.#pending.delete(answer.id)
    if (this.#pending.size === 0) this.#worker.unref()
    if ('failure' in answer) {
      const { sample, cause } = answer.failure
      const reason = cause instanceof Error ? cause.message : String(cause)
      const what = sample === null ? '' : `sample ${sample}: `
      const error = new StateError(`DataLoader: worker ${this.#number} failed; ${what}${reason}`)
      error.cause = cause
      pending.reject(error)
      return
    }
    pending.resolve(unpackBatch(answer.memory, answer.layout))
    this.#idle.push(answer.memory)
  }

  #end(cause: Error): void {
    if (this.#ended !== null) return
    this.#ended = new StateError(`DataLoader: worker ${this.#number} ended; ${cause.message}`)
    this.#ended.cause = cause
    for (const { reject } of this.#pending.values()) reject(this.#ended)
    this.#pending.clear()
  }
}

/** Worker threads that read batches; batch `b` is the work of thread `b mod n`. */
export class WorkerPool {
  readonly #lanes: Lane[]

  constructor(count: number, dataset: Recipe) {
    this.#lanes = Array.from({ length: count }, (_, number) => new Lane(number, { dataset }))
  }

  ask(batch: number, job: BatchJob): Promise<Tensor[]> {
    return this.#lanes[batch % this.#lanes.length].ask(job)
  }

  /** To be called when a loop was left: what is under way is not waited for. */
  forget(): void {
    for (const lane of this.#lanes) lane.forget()
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }
}
