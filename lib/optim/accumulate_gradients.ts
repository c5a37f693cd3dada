import '../autograd/methods.ts'
import { slice } from '../ops/slice.ts'
import { full } from '../tensor/create.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkInteger, checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'

/** Inputs, targets and whatever else belongs together, with the samples along the first dimension of each. */
export type Batch = readonly Tensor[]

/** How {@link accumulateGradients} weighs micro-batches, so that they count as one large batch. */
export interface AccumulateGradientsOptions {
  /** How the loss joins the samples of a micro-batch: `mean` by default, or `sum`. */
  reduction?: 'mean' | 'sum'
}

/** Samples of a batch. */
function samplesOf(op: string, batch: Batch): number {
  const counts = batch.map((tensor) => tensor.shape[0] ?? 0)
  if (batch.length === 0 || counts.some((count) => count !== counts[0])) {
    const shapes = batch.map((tensor) => formatShape(tensor.shape)).join(', ')
    throw new ShapeError(`${op}: expected tensors with equally many samples; shapes ${shapes || 'none'}`)
  }
  return counts[0]
}

/**
 * What each micro-batch has of the samples of all, from 0 to 1.
 *
 * @throws {ShapeError} when there is no sample, or tensors of a micro-batch differ in their number.
 */
export function sharesOf(op: string, batches: readonly Batch[]): number[] {
  const counts = batches.map((batch) => samplesOf(op, batch))
  const samples = counts.reduce((sum, count) => sum + count, 0)
  if (samples === 0) throw new ShapeError(`${op}: expected at least one sample, got none`)
  return counts.map((count) => count / samples)
}

/** @throws {ShapeError} when a loss has more or less than one element. */
export function checkLoss(op: string, loss: Tensor): void {
  if (loss.size === 1) return
  throw new ShapeError(`${op}: expected a loss of one element, got ${loss.size}; loss ${formatShape(loss.shape)}`)
}

/** Adds a share of a loss's gradients to those that are there. */
export function backwardShare(loss: Tensor, share: number): void {
  const seed = full(loss.shape, share)
  loss.backward(seed)
  seed.dispose()
}

/**
 * Cuts a batch into micro-batches of `size` samples, the last of which may be smaller. They share its memory.
 *
 * ```ts
 * optim.splitBatch([randn([10, 3]), zeros([10])], 4) // of 4, 4 and 2 samples
 * ```
 *
 * @param batch tensors `[N, ...]`
 * @throws {ShapeError} when the tensors differ in the number of samples.
 * @throws {RangeError} when `size` is no positive integer.
 */
export function splitBatch(batch: Batch, size: number): Tensor[][] {
  checkInteger('splitBatch', 'size', size, 1)
  const samples = samplesOf('splitBatch', batch)
  const parts: Tensor[][] = []
  for (let begin = 0; begin < samples; begin += size) {
    parts.push(batch.map((tensor) => slice(tensor, 0, begin, Math.min(begin + size, samples))))
  }
  return parts
}

/**
 * Trains several small batches as one large one: runs forward and backward for each and adds up the gradients, which then
 * are those of the loss over all samples together. Memory is needed for the activations of one micro-batch at a time.
 *
 * A loss that is a mean counts by its share of the samples, so that micro-batches of different sizes do not distort it:
 * `loss = Σ_i N_i / N · loss_i`.
 *
 * What this cannot join are statistics of the batch. Batch normalization in training normalises each micro-batch by the mean and
 * variance of its own samples, so its outputs and gradients are those of small batches, and its running statistics move
 * once for each of them: with k micro-batches a momentum m acts like 1 − (1 − m)^k. Use `BatchRenorm2d`, group, layer or instance
 * normalization, which do not look at other samples, where that matters. Dropout draws new masks for each micro-batch.
 *
 * ```ts
 * optimizer.zeroGrad()
 * const loss = optim.accumulateGradients(optim.splitBatch([input, target], 8), (input, target) =>
 *   F.crossEntropy(model.forward(input), target),
 * )
 * optimizer.step()
 * ```
 *
 * @param microBatches tensors `[N_i, ...]` each
 * @param lossOf gives the loss of one micro-batch, one element
 * @returns the loss over all samples
 * @throws {ShapeError} when there is no sample, tensors of a micro-batch differ in their number, or a loss has more than one element.
 */
export function accumulateGradients(
  microBatches: Iterable<Batch>,
  lossOf: (...tensors: Tensor[]) => Tensor,
  options: AccumulateGradientsOptions = {},
): number {
  checkOptions('accumulateGradients', options, ['reduction'])
  const reduction = checkChoice('accumulateGradients', 'reduction', options.reduction ?? 'mean', ['mean', 'sum'])
  const batches = [...microBatches]
  const shares = sharesOf('accumulateGradients', batches)
  let total = 0
  batches.forEach((batch, i) => {
    const loss = lossOf(...batch)
    checkLoss('accumulateGradients', loss)
    const share = reduction === 'mean' ? shares[i] : 1
    total += share * Number(loss.item())
    backwardShare(loss, share)
  })
  return total
}
