import { backend } from '../kernels/select.ts'
import { tensor } from '../tensor/create.ts'
import { type DType, itemSize } from '../tensor/dtype.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import type { Dataset, LabelledBatch, Recipe } from './dataset.ts'

/**
 * Samples that lie in tensors: sample `i` is row `i` of each, and a batch holds the rows asked for.
 *
 * Batches keep element types, and images their channels-last order. The rows are copied, so a batch may be changed in
 * place; the tensors are not, so changing them changes the samples. For uint8 images see {@link ImageDataset}.
 *
 * @param tensors - each `[N, …]`, with the same N.
 * @throws {ShapeError} when there is no tensor, one has no dimension, or the first sizes differ.
 *
 * @example
 * const dataset = new TensorDataset([randn([100, 3, 8, 8]), tensor(labels)])
 */
export class TensorDataset<Batch extends readonly Tensor[] = LabelledBatch> implements Dataset<Batch> {
  readonly tensors: Batch
  readonly length: number

  constructor(tensors: readonly [...Batch]) {
    if (tensors.length === 0) throw new ShapeError('TensorDataset: expected at least one tensor, got none')
    const shapes = tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')
    const [length] = tensors[0].shape
    if (tensors.some(({ shape }) => shape.length === 0 || shape[0] !== length)) {
      throw new ShapeError(`TensorDataset: expected tensors with the same first size; shapes ${shapes}`)
    }
    this.tensors = tensors.map(withRowsApart) as unknown as Batch
    this.length = length
  }

  recipe(): Recipe {
    const parts = this.tensors.map(({ shape, dtype, strides, storage, offset, size }) => {
      const bytes = new Uint8Array(new SharedArrayBuffer(size * itemSize(dtype)))
      if (size > 0) storage.home.read(storage.block, offset * itemSize(dtype), bytes)
      return { shape, dtype, strides, bytes }
    })
    return { module: import.meta.url, export: 'fromSharedBytes', args: [parts] }
  }

  getBatch(indices: Int32Array): Batch {
    const rows = tensor(indices)
    const batch = this.tensors.map((source) => gather(source, rows))
    rows.dispose()
    return batch as unknown as Batch
  }
}

/** A tensor's elements in memory that threads share. */
interface SharedTensor {
  shape: number[]
  dtype: DType
  strides: number[]
  bytes: Uint8Array
}

/** The other side of {@link TensorDataset.recipe}. */
export function fromSharedBytes(parts: readonly SharedTensor[]): TensorDataset<Tensor[]> {
  const tensors = parts.map(({ shape, dtype, strides, bytes }) => {
    const copy = emptyTensor(shape, dtype, strides)
    if (copy.size > 0) copy.storage.home.write(copy.storage.block, 0, bytes)
    return copy
  })
  return new TensorDataset<Tensor[]>(tensors)
}

/** The tensor itself if each row is one block of memory and they follow each other; else a row-major copy. */
function withRowsApart(source: Tensor): Tensor {
  if (source.isContiguous() || source.isContiguous('channelsLast')) return source
  const copy = emptyTensor(source.shape, source.dtype)
  copyElements('TensorDataset', source, copy)
  return copy
}

function gather(source: Tensor, indices: Tensor): Tensor {
  const [sourceRows, ...rest] = source.shape
  const rowSize = sourceRows > 0 ? source.size / sourceRows : 0
  const output = emptyTensor([indices.size, ...rest], source.dtype, [rowSize, ...source.strides.slice(1)])
  if (output.size === 0) return output
  const problem = { rows: indices.size, sourceRows, rowBytes: rowSize * itemSize(source.dtype) }
  backend().kernels.gatherRows(
    problem,
    source.buffer('TensorDataset'),
    indices.buffer('TensorDataset'),
    output.buffer('TensorDataset'),
  )
  return output
}
