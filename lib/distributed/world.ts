import { isMainThread } from 'node:worker_threads'
import type { MessagePassing, MpiInfo } from '../kernels/message_passing.ts'
import { backend } from '../kernels/select.ts'
import { StateError } from '../util/errors.ts'
import { findLaunch, installAdvice, type Launch, libraryNames, strangerAdvice } from './launch.ts'
import { tellWitness } from './witness.ts'

/** The processes of a job, and which of them this is. */
export interface World {
  /** Number of this process, from 0. */
  readonly rank: number
  /** Processes of the job. */
  readonly size: number
  /** Among the ranks on the same machine. */
  readonly localRank: number
  /** Ranks on this machine. */
  readonly localSize: number
  /** `Open MPI`, or `MPICH` for everything that shares its ABI; null without MPI. */
  readonly family: string | null
  /** The library's own words; null without MPI. */
  readonly version: string | null
}

const ALONE: World = { rank: 0, size: 1, localRank: 0, localSize: 1, family: null, version: null }

let world: World | null = null

/** Whether an operation has failed, after which MPI can only be ended together with the job. */
let broken = false

/** The world once it is there; null before `init`. */
export const knownWorld = (): World | null => world

/** Whether this is the rank that shows and writes: of several the first, and a process alone. */
export const isFirstRank = (): boolean => (world?.rank ?? 0) === 0

/** MPI's part of the backend. */
export function messages(): MessagePassing {
  const { messages } = backend()
  if (messages === undefined) throw new StateError('distributed: expected the native backend, got the reference')
  return messages
}

/** Speaks MPI's errors in the name of an operation. */
export function speaking<T>(op: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MPI') throw error
    broken = true
    throw new StateError(`${op}: ${(error as Error).message}`)
  }
}

/** Opens the first library that can be loaded. */
function openLibrary(launch: Launch): void {
  const { size, family } = launch
  const chosen = process.env.STRIDED_MPI
  const names = chosen ? [chosen] : libraryNames(process.platform, launch)
  const failures: string[] = []
  for (const name of names) {
    const reason = messages().open(name)
    if (reason === '') return
    failures.push(reason)
  }
  const who = `${size ?? 'several'} processes that ${family === null ? 'a launcher' : `the launcher of ${family}`} started`
  const looked = failures.length === 0 ? '' : `; looked for\n  ${failures.join('\n  ')}\n`
  throw new StateError(
    `init: expected an MPI library for the ${who}, found none${looked || '; '}` +
      `${installAdvice(process.platform, family)}, or name its file in STRIDED_MPI`,
  )
}

function join(launch: Launch): MpiInfo {
  // UCX, which both families may use, tries out its hooks by growing the heap and shrinking it again, and cuts off what another
  // thread was given in between: Node's threads died of it once in forty starts. Without hooks it does without its cache.
  process.env.UCX_MEM_EVENTS ??= 'no'
  openLibrary(launch)
  const info = speaking('init', () => messages().initialize())
  const { size } = launch
  if (size !== null && size !== info.size) {
    throw new StateError(
      `init: the launcher started ${size} processes, but the MPI library (${info.family}) sees ${info.size}; ` +
        strangerAdvice(process.env),
    )
  }
  return info
}

/**
 * A rank that ends well waits for the others; one that fails ends all of them. Handlers of `exit` run before Node prints an
 * uncaught error, so that the job is ended behind it, when the process leaves.
 */
function endTogether(): void {
  process.on('exit', (code) => {
    if (code !== 0 || broken) tellWitness('fails')
    if (code !== 0) {
      messages().abort(code, 'atExit')
      return
    }
    speaking('exit', () => messages().finalize())
    tellWitness('done')
  })
}

/**
 * The world that the launcher made, joined on the first call.
 *
 * @throws {StateError} see `init`.
 */
export function joinWorld(): World {
  if (world !== null) return world
  const launch = findLaunch(process.env)
  if (launch === null || launch.size === 1) {
    world = ALONE
    return world
  }
  if (!isMainThread)
    throw new StateError('init: expected the main thread, got a worker; MPI knows processes, not threads')
  world = Object.freeze(join(launch))
  endTogether()
  return world
}
