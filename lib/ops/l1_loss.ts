import type { Tensor } from '../tensor/tensor.ts'
import { pointwiseLoss, type RegressionLossOptions } from './pointwise_loss.ts'

/**
 * Absolute error: `|input − target|`, averaged unless said otherwise; its gradient where they agree is 0.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function l1Loss(input: Tensor, target: Tensor, { reduction = 'mean' }: RegressionLossOptions = {}): Tensor {
  return pointwiseLoss('l1Loss', 'l1', input, target, { reduction })
}
