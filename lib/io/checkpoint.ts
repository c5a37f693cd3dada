import { crc32 } from 'node:zlib'
import { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError, FormatError } from '../util/errors.ts'
import { version as libraryVersion } from '../util/version.ts'
import { isDeeperThan } from './json_text.ts'
import { loadSafetensors, loadSafetensorsMetadata, saveSafetensors } from './safetensors.ts'

/** Counts up when the format changes so that old readers would misread it. Every version up to this one can be loaded. */
const VERSION = 1

/** Where a tensor stands in the text, and a number that JSON lacks. */
const TENSOR = '$tensor'
const NUMBER = '$number'

type Plain = number | string | boolean | null | Plain[] | { [name: string]: Plain }

/** Replaces tensors by their names, which are their places, and notes them down. */
function encode(value: unknown, place: string, tensors: Record<string, Tensor>): Plain | undefined {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') {
    return value as Plain | undefined
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { [NUMBER]: String(value) }
  if (value instanceof Tensor) {
    tensors[place] = value
    return { [TENSOR]: place }
  }
  const inside = (name: string): string => (place === '' ? name : `${place}.${name}`)
  if (Array.isArray(value)) return value.map((item, i) => encode(item, inside(String(i)), tensors) ?? null)
  if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    throw new DTypeError(
      `saveCheckpoint: expected plain data and tensors, got ${describe(value)} at ${place || 'the top'}; ` +
        'pass what its stateDict() returns',
    )
  }
  const entries = Object.entries(value).flatMap(([name, item]) => {
    if (name === TENSOR || name === NUMBER) {
      throw new DTypeError(`saveCheckpoint: expected no key ${name}, which the format uses itself; at ${inside(name)}`)
    }
    const encoded = encode(item, inside(name), tensors)
    return encoded === undefined ? [] : [[name, encoded]]
  })
  return Object.fromEntries(entries)
}

function decode(value: Plain, tensors: Readonly<Record<string, Tensor>>, fail: (why: string) => never): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => decode(item, tensors, fail))
  const { [TENSOR]: name, [NUMBER]: number } = value
  if (typeof number === 'string') return Number(number)
  if (typeof name === 'string') return Object.hasOwn(tensors, name) ? tensors[name] : fail(`tensor ${name} is missing`)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, tensors, fail)]))
}

/** A checksum of the text and of every tensor, in the order of their names. */
function checksum(text: string, tensors: Readonly<Record<string, Tensor>>): string {
  let sum = crc32(text)
  for (const name of Object.keys(tensors).sort()) {
    const { buffer, byteOffset, byteLength } = tensors[name].toTypedArray()
    sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), crc32(name, sum))
  }
  return sum.toString(16).padStart(8, '0')
}

/**
 * Saves everything that a training run needs to continue, in one file: state dicts of model, optimizer, scheduler and loader,
 * the generator's state, numbers and text, in whatever shape they come.
 *
 * The file is a safetensors file with the plain part as metadata, so its tensors can be read anywhere under names such as
 * `model.0.weight`. It is written beside the old one, flushed to disk and renamed over it: a crash at any moment leaves a whole
 * file, the old one or the new one. A checksum tells {@link loadCheckpoint} that nothing has changed since.
 *
 * ```ts
 * saveCheckpoint('last.ckpt', { model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 3 })
 * ```
 *
 * @param path - of the file; its folder must exist.
 * @param state - plain data and tensors; what is undefined is left out.
 * @throws {DTypeError} for anything else inside it.
 * @throws {FormatError} when the file cannot be written; an old file of that name is then as it was.
 */
export function saveCheckpoint(path: string, state: { readonly [name: string]: unknown }): void {
  const tensors: Record<string, Tensor> = {}
  const text = JSON.stringify({ version: VERSION, state: encode(state, '', tensors) })
  const metadata = { strided_checkpoint: text, checksum: checksum(text, tensors) }
  named('saveCheckpoint', () => saveSafetensors(path, tensors, { metadata }))
}

/**
 * Loads what {@link saveCheckpoint} saved.
 *
 * ```ts
 * const saved = loadCheckpoint('last.ckpt')
 * model.loadStateDict(saved.model as nn.StateDict)
 * ```
 *
 * @returns the state as it was given
 * @throws {FormatError} when the file is missing, is no checkpoint, has changed since it was written, or is of a newer version
 * of the format than this library knows; older ones load.
 */
export function loadCheckpoint(path: string): Record<string, unknown> {
  const fail = (why: string): never => {
    throw new FormatError(`loadCheckpoint: ${why}; ${path}`)
  }
  const { strided_checkpoint: text, checksum: expected } = named('loadCheckpoint', () => loadSafetensorsMetadata(path))
  if (text === undefined) return fail('expected a checkpoint, got a safetensors file without the state of a run')
  // Before the checksum, which another version may compute in another way.
  const newer = versionOf(text)
  if (newer > VERSION) {
    fail(
      `expected version ${VERSION} of the format or an older one, got ${newer}: a newer strided than ${libraryVersion} ` +
        'wrote it; install that one to load it',
    )
  }
  const tensors = named('loadCheckpoint', () => loadSafetensors(path))
  const found = checksum(text, tensors)
  if (found !== expected) fail(`the file is damaged: its checksum is ${found}, expected ${expected}`)
  const { version, state } = parse(text, fail)
  if (version !== VERSION) fail(`expected version ${VERSION} of the format, got ${version}`)
  return decode(state, tensors, fail) as Record<string, unknown>
}

/** More lists and objects in each other than any state has; reading them takes as many calls in each other. */
const MAX_DEPTH = 500

/** The text of a checkpoint whose checksum is right, which still anybody may have written. */
function parse(text: string, fail: (why: string) => never): { version: number; state: Plain } {
  if (isDeeperThan(text, MAX_DEPTH)) fail(`expected at most ${MAX_DEPTH} brackets in each other`)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    fail(`expected the state to be JSON (${(error as Error).message.replace(/\s+/g, ' ')})`)
  }
  if (typeof content !== 'object' || content === null || !('version' in content)) fail('expected the state of a run')
  return content as { version: number; state: Plain }
}

/** The version of the format that a file says it has; of a text that cannot be read, which is said later, the present one. */
function versionOf(text: string): number {
  if (isDeeperThan(text, MAX_DEPTH)) return VERSION
  try {
    return (JSON.parse(text) as { version: number }).version
  } catch {
    return VERSION
  }
}

/** Lets errors of the file format beneath speak in the name of what the caller called. */
function named<T>(op: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new FormatError(error.message.replace(/^\w+Safetensors\w*/, op))
  }
}
