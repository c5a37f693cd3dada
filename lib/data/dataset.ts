import type { Tensor } from '../tensor/tensor.ts'

/** What a labelled data set yields: inputs, float32 `[N, C, H, W]` for images, and class indices, int32 `[N]`. */
export type LabelledBatch = [input: Tensor, target: Tensor]

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
  /** Builds the batch of the samples at `indices`, each in `[0, length)`, in that order, repeats allowed. */
  getBatch(indices: Int32Array): Batch
}
