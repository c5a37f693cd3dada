import { crc32 } from 'node:zlib'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { StateError } from '../util/errors.ts'
import { formatShape, rowMajorStrides } from '../util/shape.ts'
import { runJob } from './jobs.ts'
import { allGatherObject } from './objects.ts'

type Named = readonly (readonly [string, Tensor])[]

/** Gives every rank the elements of rank 0, one message for each element type. */
export function broadcastTensors(op: string, named: Named): void {
  const tensors = named.map(([, tensor]) => tensor).filter(({ size }) => size > 0)
  for (const dtype of new Set(tensors.map((tensor) => tensor.dtype))) {
    const alike = tensors.filter((tensor) => tensor.dtype === dtype)
    const size = alike.reduce((sum, tensor) => sum + tensor.size, 0)
    untracked(() => {
      const together = emptyTensor([size], dtype)
      let offset = 0
      const parts = alike.map((tensor) => {
        // Row-major, so that ranks agree whatever the order in memory.
        const part = together.viewAs(tensor.shape, rowMajorStrides(tensor.shape), offset, true)
        offset += tensor.size
        copyElements(op, tensor, part)
        return part
      })
      runJob(op, { kind: 'broadcast' }, together)
      alike.forEach((tensor, i) => {
        copyElements(op, parts[i], tensor)
        tensor.storage.version++
        parts[i].dispose()
      })
      together.dispose()
    })
  }
}

/**
 * Checks that every rank has tensors of the same names, types, shapes and orders in memory.
 *
 * @throws {StateError} naming the first difference.
 */
export function checkAlike(op: string, named: Named): void {
  const own = named.map(([name, { dtype, shape, strides }]) => `${name} ${dtype} ${formatShape(shape)} ${strides}`)
  allGatherObject(own).forEach((other, rank) => {
    const at = own.findIndex((text, i) => text !== other[i])
    if (at === -1 && own.length === other.length) return
    const [mine, theirs] = at === -1 ? [own.length, other.length] : [own[at], other[at] ?? 'nothing']
    throw new StateError(`${op}: expected the same model on every rank, got ${mine} here and ${theirs} on rank ${rank}`)
  })
}

/**
 * Checks that every rank has the same elements, by their checksums.
 *
 * @throws {StateError} naming the first tensor that differs.
 */
export function checkEqual(op: string, named: Named): void {
  const sums = named.map(([, tensor]) => {
    const { buffer, byteOffset, byteLength } = tensor.toTypedArray()
    return crc32(new Uint8Array(buffer, byteOffset, byteLength))
  })
  const all = allGatherObject(sums)
  const at = sums.findIndex((_, i) => all.some((other) => other[i] !== all[0][i]))
  if (at === -1) return
  const ranks = all.flatMap((other, rank) => (other[at] === all[0][at] ? [] : [rank]))
  throw new StateError(
    `${op}: expected the same parameters on every rank, but ${named[at][0]} differs from rank 0 on ${ranks.join(', ')}`,
  )
}
