import type { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { expectFloat } from './dense.ts'
import { mean } from './reduce.ts'

/**
 * Mean of every image's planes: `output[n, c] = mean over h, w of input[n, c, h, w]`, with the spatial dimensions kept.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, 1, 1]` or `[C, 1, 1]`
 * @throws {ShapeError} for other numbers of dimensions.
 */
export function globalAvgPool(input: Tensor): Tensor {
  return pool('globalAvgPool', input)
}

/**
 * Average pooling to a given output size, of which 1, the mean of every plane, is supported.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param outputSize 1 or [1, 1]
 * @throws {RangeError} for other output sizes.
 */
export function adaptiveAvgPool2d(input: Tensor, outputSize: number | readonly (number | null)[]): Tensor {
  checkOutputSize('adaptiveAvgPool2d', outputSize)
  return pool('adaptiveAvgPool2d', input)
}

/** Checks an output size of adaptive average pooling. */
export function checkOutputSize(op: string, outputSize: number | readonly (number | null)[]): void {
  const sizes = typeof outputSize === 'number' ? [outputSize] : outputSize
  if (!Array.isArray(sizes) || sizes.length > 2 || sizes.some((size) => size !== 1)) {
    throw new RangeError(`${op}: expected outputSize 1 or [1, 1], got ${describe(outputSize)}`)
  }
}

function pool(op: string, input: Tensor): Tensor {
  expectFloat(op, 'input', input)
  if (input.ndim !== 3 && input.ndim !== 4) {
    throw new ShapeError(
      `${op}: expected input of 3 or 4 dimensions, got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  return mean(input, [-2, -1], { keepdim: true })
}
