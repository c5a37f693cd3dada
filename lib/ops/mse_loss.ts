import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import './arithmetic.ts'
import './reduce.ts'
import './unary.ts'
import { expectFloat } from './dense.ts'
import { checkReduction, type Reduction } from './targets.ts'

export interface RegressionLossOptions {
  /** `mean` (the default), `sum`, or `none`, which keeps one loss per element. */
  reduction?: Reduction
}

/** Applies an element-wise loss to the difference of two tensors of one shape and reduces it. */
export function differenceLoss(
  op: string,
  input: Tensor,
  target: Tensor,
  options: RegressionLossOptions,
  loss: (difference: Tensor) => Tensor,
): Tensor {
  const reduction = checkReduction(op, options.reduction ?? 'mean')
  expectFloat(op, 'input', input)
  expectFloat(op, 'target', target)
  // PyTorch broadcasts here with a warning; a loss of unequal shapes is nearly always a mistake.
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      `${op}: expected equal shapes; input ${formatShape(input.shape)}, target ${formatShape(target.shape)}`,
    )
  }
  return composed(() => {
    const losses = loss(input.sub(target))
    if (reduction === 'none') return losses
    return reduction === 'sum' ? losses.sum() : losses.mean()
  })
}

/**
 * Squared error: `(input − target)²`, averaged unless said otherwise.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function mseLoss(input: Tensor, target: Tensor, options: RegressionLossOptions = {}): Tensor {
  return differenceLoss('mseLoss', input, target, options, (difference) => difference.square())
}
