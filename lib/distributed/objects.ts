import { fromArray } from '../ops/integer.ts'
import { emptyTensor } from '../tensor/tensor.ts'
import { tidy } from '../tensor/tidy.ts'
import { runJob } from './jobs.ts'
import { joinWorld } from './world.ts'

/**
 * Plain data of every rank, in the order of ranks; every rank has to call it.
 *
 * ```ts
 * const losses = distributed.allGatherObject({ loss: 0.3 }).map(({ loss }) => loss)
 * ```
 *
 * @param value what JSON can hold
 * @throws {StateError} when another rank has ended.
 */
export function allGatherObject<T>(value: T): T[] {
  const op = 'allGatherObject'
  const { size } = joinWorld()
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  if (size === 1) return [JSON.parse(new TextDecoder().decode(bytes)) as T]
  return tidy(() => {
    const own = fromArray(Int32Array.of(bytes.length), [1], 'int32')
    const lengths = emptyTensor([size], 'int32')
    runJob(op, { kind: 'allGather' }, own, lengths)
    const all = Array.from(lengths.toTypedArray() as Int32Array)
    // Every rank gives as much as the one with the most.
    const most = Math.max(...all)
    const padded = new Uint8Array(most)
    padded.set(bytes)
    const gathered = emptyTensor([size * most], 'uint8')
    runJob(op, { kind: 'allGather' }, fromArray(padded, [most], 'uint8'), gathered)
    const text = gathered.toTypedArray() as Uint8Array
    return all.map(
      (length, rank) => JSON.parse(new TextDecoder().decode(text.subarray(rank * most, rank * most + length))) as T,
    )
  })
}

/** Numbers of every rank, as many on each, in the order of ranks and in double precision. */
export function gatherNumbers(op: string, values: Float64Array): Float64Array[] {
  const { size } = joinWorld()
  if (size === 1) return [values.slice()]
  const all = tidy(() => {
    const own = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const gathered = emptyTensor([size * own.length], 'uint8')
    runJob(op, { kind: 'allGather' }, fromArray(own, [own.length], 'uint8'), gathered)
    const { buffer, byteOffset } = gathered.toTypedArray() as Uint8Array
    return new Float64Array(buffer, byteOffset, size * values.length)
  })
  return Array.from({ length: size }, (_, rank) => all.slice(rank * values.length, (rank + 1) * values.length))
}

/** Sums of numbers over all ranks, added in the order of ranks, so that every rank gets the same bits. */
export function sumNumbers(op: string, values: Float64Array): Float64Array {
  const [sum, ...others] = gatherNumbers(op, values)
  for (const other of others) for (let i = 0; i < sum.length; i++) sum[i] += other[i]
  return sum
}
