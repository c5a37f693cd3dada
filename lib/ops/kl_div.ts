import type { Tensor } from '../tensor/tensor.ts'
import { checkChoice } from '../util/check.ts'
import { pointwiseLoss } from './pointwise_loss.ts'
import type { Reduction } from './targets.ts'

/** How divergences of single elements become the result: `batchmean` divides their sum by the number of images. */
export type KlDivReduction = Reduction | 'batchmean'

/** In which form the target comes, and how the terms of single elements are joined. */
export interface KlDivOptions {
  /** Whether the target is given as logarithms too, `false` by default. */
  logTarget?: boolean
  /**
   * `mean` over all elements (the default, as in PyTorch), `batchmean`, which is the divergence itself, `sum`, or
   * `none`.
   */
  reduction?: KlDivReduction
}

/**
 * Kullback-Leibler divergence of a distribution given by log-probabilities from a target: `target · (log target − input)`, or
 * `e^target · (target − input)` with `logTarget`. A probability of 0 in the target costs nothing.
 *
 * @param input log-probabilities, any shape
 * @param target of the input's shape
 * @returns `[]`, or the input's shape with `reduction: 'none'`
 * @throws {ShapeError} when the shapes differ.
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  { logTarget = false, reduction = 'mean' }: KlDivOptions = {},
): Tensor {
  const kind = logTarget ? 'klDivLog' : 'klDiv'
  checkKlReduction('klDiv', reduction)
  const terms = reduction === 'batchmean' ? { reduction: 'sum' as const, divisor: input.shape[0] ?? 1 } : { reduction }
  return pointwiseLoss('klDiv', kind, input, target, terms)
}

/**
 * Checks the name of a reduction.
 *
 * @throws {RangeError} naming those there are.
 */
export function checkKlReduction(op: string, reduction: KlDivReduction): KlDivReduction {
  return checkChoice(op, 'reduction', reduction, ['none', 'batchmean', 'mean', 'sum'])
}
