import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { pointwiseLoss, type RegressionLossOptions } from './pointwise_loss.ts'

/**
 * Squared error where it is small, absolute error beyond: with `d = |input − target|`,
 * `d < beta ? d² / (2 · beta) : d − beta / 2`, averaged unless said otherwise. With `beta` 0 it is `l1Loss`.
 *
 * @param options `beta`, 1 by default
 * @throws {RangeError} when `beta` is negative.
 * @throws {ShapeError} when the shapes differ.
 *
 * Source: Girshick, "Fast R-CNN", 2015.
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { beta = 1, reduction = 'mean' }: RegressionLossOptions & { beta?: number } = {},
): Tensor {
  const a = checkNonNegative('smoothL1Loss', 'beta', beta)
  return pointwiseLoss('smoothL1Loss', a === 0 ? 'l1' : 'smoothL1', input, target, { a, reduction })
}

/**
 * Squared error where it is small, absolute error beyond: with `d = |input − target|`,
 * `d < delta ? d² / 2 : delta · (d − delta / 2)`, averaged unless said otherwise. That is `delta` times `smoothL1Loss`.
 *
 * @param options `delta`, 1 by default
 * @throws {RangeError} when `delta` is not above 0.
 * @throws {ShapeError} when the shapes differ.
 *
 * Source: Huber, "Robust Estimation of a Location Parameter", 1964.
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { delta = 1, reduction = 'mean' }: RegressionLossOptions & { delta?: number } = {},
): Tensor {
  return pointwiseLoss('huberLoss', 'huber', input, target, { a: checkDelta('huberLoss', delta), reduction })
}

/**
 * Checks the border of {@link huberLoss}.
 *
 * @throws {RangeError} when it is not above 0.
 */
export function checkDelta(op: string, delta: number): number {
  if (checkFinite(op, 'delta', delta) <= 0) throw new RangeError(`${op}: expected delta above 0, got ${delta}`)
  return delta
}
