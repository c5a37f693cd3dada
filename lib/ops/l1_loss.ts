import type { Tensor } from '../tensor/tensor.ts'
import { differenceLoss, type RegressionLossOptions } from './mse_loss.ts'

/**
 * Absolute error: `|input − target|`, averaged unless said otherwise; its gradient where they agree is 0.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function l1Loss(input: Tensor, target: Tensor, options: RegressionLossOptions = {}): Tensor {
  return differenceLoss('l1Loss', input, target, options, (difference) => difference.abs())
}
