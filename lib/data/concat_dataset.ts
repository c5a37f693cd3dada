import { cat } from '../ops/cat.ts'
import { indexSelect } from '../ops/index_select.ts'
import { tensor } from '../tensor/create.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import type { BatchContext, Dataset, LabelledBatch, Recipe } from './dataset.ts'
import { recipeOfDataset } from './loader/recipe.ts'

/** The samples of one batch that one of the sets has to read. */
interface Share<Batch extends readonly Tensor[]> {
  dataset: Dataset<Batch>
  /** In that set. */
  indices: number[]
  /** In the batch. */
  places: number[]
}

/**
 * Several data sets as one: the samples of the first, then those of the second, and so on.
 *
 * @param datasets - at least one; their batches must fit together.
 * @throws {RangeError} when there is none.
 *
 * @example
 * const both = new ConcatDataset([train, extra])
 */
export class ConcatDataset<Batch extends readonly Tensor[] = LabelledBatch> implements Dataset<Batch> {
  readonly datasets: readonly Dataset<Batch>[]
  readonly length: number
  /** Number of the first sample of each set, and the number of all. */
  readonly #starts: number[]

  constructor(datasets: readonly Dataset<Batch>[]) {
    if (datasets.length === 0) throw new RangeError('ConcatDataset: expected at least one data set, got none')
    this.datasets = [...datasets]
    this.#starts = [0]
    for (const dataset of datasets) this.#starts.push(this.#starts[this.#starts.length - 1] + dataset.length)
    this.length = this.#starts[datasets.length]
  }

  getBatch(indices: Int32Array, context?: BatchContext): Batch {
    const shares = this.#shares(indices)
    const parts = shares.map(({ dataset, indices, places }) =>
      dataset.getBatch(Int32Array.from(indices), moved(context, places)),
    )
    return joined(shares, parts)
  }

  async loadBatch(indices: Int32Array, context?: BatchContext): Promise<Batch> {
    const shares = this.#shares(indices)
    const parts = await Promise.all(
      shares.map(({ dataset, indices, places }) => {
        const rows = Int32Array.from(indices)
        return dataset.loadBatch?.(rows, moved(context, places)) ?? dataset.getBatch(rows, moved(context, places))
      }),
    )
    return joined(shares, parts)
  }

  recipe(): Recipe {
    return { module: import.meta.url, export: 'ConcatDataset', args: [this.datasets.map(recipeOfDataset)] }
  }

  #shares(indices: Int32Array): Share<Batch>[] {
    const shares = this.datasets.map((dataset): Share<Batch> => ({ dataset, indices: [], places: [] }))
    indices.forEach((index, place) => {
      const which = this.#starts.findLastIndex((start) => start <= index)
      // Of an empty batch the first set still makes the tensors.
      const share = shares[Math.min(which, shares.length - 1)]
      share.indices.push(index - this.#starts[which])
      share.places.push(place)
    })
    const used = shares.filter(({ places }) => places.length > 0)
    return used.length > 0 ? used : shares.slice(0, 1)
  }
}

function moved(context: BatchContext | undefined, places: readonly number[]): BatchContext | undefined {
  return context && { generator: (i) => context.generator(places[i]) }
}

/** The parts put together in the order of the batch. */
function joined<Batch extends readonly Tensor[]>(shares: readonly Share<Batch>[], parts: readonly Batch[]): Batch {
  if (parts.length === 1) return parts[0]
  const rows = new Int32Array(shares.reduce((sum, { places }) => sum + places.length, 0))
  for (const [row, place] of shares.flatMap(({ places }) => places).entries()) rows[place] = row
  const order = tensor(rows)
  return parts[0].map((_, t) => {
    const whole = cat(parts.map((part) => part[t]))
    const batch = indexSelect(whole, 0, order)
    whole.dispose()
    return batch
  }) as unknown as Batch
}
