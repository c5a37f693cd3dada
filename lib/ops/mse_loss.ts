import type { Tensor } from '../tensor/tensor.ts'
import { pointwiseLoss, type RegressionLossOptions } from './pointwise_loss.ts'

/**
 * Squared error: `(input − target)²`, averaged unless said otherwise.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function mseLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: RegressionLossOptions = {}): Tensor {
  return pointwiseLoss('mseLoss', 'mse', input, target, { reduction })
}
