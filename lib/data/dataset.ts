import type { Tensor } from '../tensor/tensor.ts'
import type { Generator } from './generator.ts'

/** What a labelled data set yields: inputs, float32 `[N, C, H, W]` for images, and class indices, int32 `[N]`. */
export type LabelledBatch = [input: Tensor, target: Tensor]

/** Where a batch stands in a run, for data sets that draw random numbers. */
export interface BatchContext {
  /**
   * A stream of random numbers of its own for sample `i` of the batch: it depends on the loader's seed, the epoch and the
   * sample's place in the epoch, and on nothing else, so augmentation is the same for any batch size and any number of workers.
   */
  generator(i: number): Generator
}

/**
 * How to make a data set or a transform again in another thread: the default `import()` of `module`, its export `export`,
 * called with `args` (constructed when it is a class). `args` is anything that a structured clone can carry; recipes among
 * them, in lists too, are made first. A SharedArrayBuffer is shared, not copied.
 */
export interface Recipe {
  /** What `import()` takes, such as `import.meta.url`. */
  module: string
  /** Name of the function or class among its exports. */
  export: string
  /** What it is called with. */
  args: readonly unknown[]
}

/**
 * A finite collection of samples that can be read in any order.
 *
 * The unit is the batch, not the sample, so that a set can build one in a single pass: a per-sample interface would
 * create and copy one small tensor per sample. `Batch` is what one batch consists of, tensors whose first dimension
 * is the number of indices asked for.
 *
 * @example
 * const squares: Dataset<[Tensor]> = {
 *   length: 100,
 *   getBatch: (indices) => [tensor(Float32Array.from(indices, (index) => index * index))],
 * }
 */
export interface Dataset<Batch extends readonly Tensor[] = LabelledBatch> {
  /** Number of samples. */
  readonly length: number
  /**
   * Builds the batch of the samples at `indices`, each in `[0, length)`, in that order, repeats allowed. Without a `context`
   * random numbers come from the library's generator.
   */
  getBatch(indices: Int32Array, context?: BatchContext): Batch
  /** The same for sets that have to wait for files; `for await` over a loader prefers it. */
  loadBatch?(indices: Int32Array, context?: BatchContext): Promise<Batch>
  /** How a loader's workers make this set for themselves. Sets without it are read in the main thread only. */
  recipe?(): Recipe
}
