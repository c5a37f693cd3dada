import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import type { BatchContext, Dataset, LabelledBatch, Recipe } from './dataset.ts'
import { recipeOfDataset } from './loader/recipe.ts'

/**
 * The samples of `dataset` at `indices`, in that order: sample `i` of the subset is sample `indices[i]` of the set.
 *
 * @throws {RangeError} when an index is not an integer in `[0, dataset.length)`.
 *
 * @example
 * const firstHundred = new Subset(dataset, Array.from({ length: 100 }, (_, i) => i))
 */
export class Subset<Batch extends readonly Tensor[] = LabelledBatch> implements Dataset<Batch> {
  readonly dataset: Dataset<Batch>
  readonly indices: Int32Array

  constructor(dataset: Dataset<Batch>, indices: ArrayLike<number>) {
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]
      if (!Number.isInteger(index) || index < 0 || index >= dataset.length) {
        throw new RangeError(`Subset: expected indices in [0, ${dataset.length}), got ${index} at position ${i}`)
      }
    }
    this.dataset = dataset
    this.indices = Int32Array.from(indices)
  }

  get length(): number {
    return this.indices.length
  }

  getBatch(indices: Int32Array, context?: BatchContext): Batch {
    return this.dataset.getBatch(this.#map(indices), context)
  }

  async loadBatch(indices: Int32Array, context?: BatchContext): Promise<Batch> {
    const mapped = this.#map(indices)
    return this.dataset.loadBatch?.(mapped, context) ?? this.dataset.getBatch(mapped, context)
  }

  recipe(): Recipe {
    return { module: import.meta.url, export: 'Subset', args: [recipeOfDataset(this.dataset), this.indices] }
  }

  #map(indices: Int32Array): Int32Array {
    return indices.map((index) => this.indices[index])
  }
}
