import { backend } from '../kernels/select.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { RangeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { pointwiseLoss } from './pointwise_loss.ts'
import { reduceRaw } from './reduce_raw.ts'
import type { Reduction } from './targets.ts'

/** How the losses of single elements are weighed and joined. */
export interface BceOptions {
  /** Factor of each loss, of a shape that broadcasts to the input's; 1 when absent. */
  weight?: Tensor | null
  /** `mean` (the default), `sum`, or `none`, which keeps one loss per element. */
  reduction?: Reduction
}

/** {@link BceOptions}, and what a positive target weighs against a negative one. */
export interface BceWithLogitsOptions extends BceOptions {
  /** Factor of the losses of positive targets, of a shape that broadcasts to the input's (`[C]`, say); 1 when absent. */
  posWeight?: Tensor | null
}

/**
 * Binary cross entropy of probabilities: `−weight · (target · log input + (1 − target) · log(1 − input))`, averaged unless said
 * otherwise. Logarithms count as at least −100, so that no loss is infinite. `bceWithLogits` of the scores behind the
 * probabilities is more accurate.
 *
 * @param input probabilities, any shape
 * @param target of the input's shape, usually 0 or 1
 * @returns `[]`, or the input's shape with `reduction: 'none'`
 * @throws {RangeError} when an input lies outside [0, 1] or is NaN.
 * @throws {ShapeError} when the shapes differ, or the weight does not broadcast to them.
 */
export function bce(input: Tensor, target: Tensor, { weight = null, reduction = 'mean' }: BceOptions = {}): Tensor {
  const output = pointwiseLoss('bce', 'bce', input, target, { weight, reduction })
  // An input out of range has a loss of NaN, so that as a rule one look is enough.
  if (input.size === 0 || backend().info().backend === 'meta' || !Number.isNaN(reduced('sum', output))) return output
  const [least, most] = [reduced('min', input), reduced('max', input)]
  if (least >= 0 && most <= 1) return output
  output.dispose()
  throw new RangeError(
    `bce: expected inputs between 0 and 1, got ${most > 1 ? most : least}; ` +
      `input ${formatShape(input.shape)}; bceWithLogits takes scores`,
  )
}

function reduced(op: 'sum' | 'min' | 'max', input: Tensor): number {
  const result = reduceRaw(op, input, [...input.shape.keys()])
  const value = Number(result.item())
  result.dispose()
  return value
}

/**
 * Binary cross entropy of scores: with `p = σ(input)`,
 *
 * `loss = −weight · (posWeight · target · log p + (1 − target) · log(1 − p))`,
 *
 * averaged unless said otherwise, computed from the scores without overflow or loss of digits.
 *
 * ```ts
 * F.bceWithLogits(scores, labels, { posWeight: tensor([3, 1, 1]) }) // three labels, the first one rare
 * ```
 *
 * @param input scores, any shape
 * @param target of the input's shape, usually 0 or 1
 * @returns `[]`, or the input's shape with `reduction: 'none'`
 * @throws {ShapeError} when the shapes differ, or a weight does not broadcast to them.
 */
export function bceWithLogits(
  input: Tensor,
  target: Tensor,
  { weight = null, posWeight = null, reduction = 'mean' }: BceWithLogitsOptions = {},
): Tensor {
  return pointwiseLoss('bceWithLogits', 'bceWithLogits', input, target, { weight, posWeight, reduction })
}
