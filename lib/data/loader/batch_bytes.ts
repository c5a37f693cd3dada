import { type DType, itemSize } from '../../tensor/dtype.ts'
import { emptyTensor, type Tensor } from '../../tensor/tensor.ts'

/** Where a tensor of a batch lies in the memory that its worker and the main thread share. */
export interface SharedTensor {
  shape: readonly number[]
  strides: readonly number[]
  dtype: DType
  byteOffset: number
}

/** Tensors start at multiples of this: a cache line, and a multiple of every element size. */
const ALIGNMENT = 64

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/**
 * Copies tensors into shared memory, one behind the other; takes other memory where they do not fit.
 *
 * @returns the memory used and where in it the tensors lie; they are disposed.
 */
export function packBatch(
  tensors: readonly Tensor[],
  memory: SharedArrayBuffer,
): { memory: SharedArrayBuffer; layout: SharedTensor[] } {
  let bytes = 0
  const layout = tensors.map((tensor): SharedTensor => {
    const { shape, dtype, size } = tensor
    const byteOffset = bytes
    bytes = aligned(bytes + size * itemSize(dtype))
    return { shape, strides: tensor.isDense() ? tensor.strides : rowMajor(shape), dtype, byteOffset }
  })
  const used = memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes)
  tensors.forEach((tensor, i) => {
    const view = new Uint8Array(used, layout[i].byteOffset, tensor.size * itemSize(tensor.dtype))
    if (tensor.size > 0) writeElements(tensor, view)
    tensor.dispose()
  })
  return { memory: used, layout }
}

function writeElements(tensor: Tensor, view: Uint8Array): void {
  if (tensor.isDense()) {
    tensor.storage.home.read(tensor.storage.block, tensor.offset * itemSize(tensor.dtype), view)
    return
  }
  const { buffer, byteOffset, byteLength } = tensor.toTypedArray()
  view.set(new Uint8Array(buffer, byteOffset, byteLength))
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1))
}

/** Makes the tensors again: the one copy that the main thread does. */
export function unpackBatch(memory: SharedArrayBuffer, layout: readonly SharedTensor[]): Tensor[] {
  return layout.map(({ shape, strides, dtype, byteOffset }) => {
    const tensor = emptyTensor([...shape], dtype, [...strides])
    const bytes = tensor.size * itemSize(dtype)
    if (bytes > 0) tensor.storage.home.write(tensor.storage.block, 0, new Uint8Array(memory, byteOffset, bytes))
    return tensor
  })
}
