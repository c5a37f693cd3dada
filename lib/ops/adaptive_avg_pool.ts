import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { zeros } from '../tensor/create.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { adaptiveSizes, globalRank, type OutputSize } from './adaptive_problem.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { sizesOf } from './pool_problem.ts'
import { unbatched } from './unbatched.ts'

/**
 * 1-D average pooling to a given length; see {@link adaptiveAvgPool2d}.
 *
 * ```ts
 * F.adaptiveAvgPool1d(randn([8, 3, 100]), 7).shape // [8, 3, 7]
 * ```
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @param outputSize the length, or null for the input's
 * @returns `[N, C, outputSize]`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty row.
 * @throws {RangeError} when a size is fractional or negative.
 */
export function adaptiveAvgPool1d(input: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, input, outputSize)
}

/**
 * 2-D average pooling to a given size: output `oh` is the mean over the rows from `⌊oh · H / OH⌋` to `⌈(oh + 1) · H / OH⌉`,
 * columns likewise. Windows overlap where the sizes do not divide each other.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param outputSize `[OH, OW]` or one number for both; null keeps the input's size
 * @returns `[N, C, OH, OW]`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty plane.
 * @throws {RangeError} when a size is fractional or negative.
 */
export function adaptiveAvgPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, input, outputSize)
}

/**
 * 3-D average pooling to a given size; see {@link adaptiveAvgPool2d}.
 *
 * @param input `[N, C, D, H, W]` or `[C, D, H, W]`
 * @param outputSize `[OD, OH, OW]` or one number for all; null keeps the input's size
 * @returns `[N, C, OD, OH, OW]`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty volume.
 * @throws {RangeError} when a size is fractional or negative.
 */
export function adaptiveAvgPool3d(input: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool3d', 3, input, outputSize)
}

/**
 * Mean of every plane: `output[n, c] = mean over the spatial dimensions of input[n, c, …]`, which stay with size 1.
 *
 * @param input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`
 * @returns `[N, C, 1]`, `[N, C, 1, 1]` or `[N, C, 1, 1, 1]`
 * @throws {ShapeError} for other numbers of dimensions, no channels or an empty plane.
 */
export function globalAvgPool(input: Tensor): Tensor {
  return adaptiveAvgPool('globalAvgPool', globalRank('globalAvgPool', input), input, 1)
}

function adaptiveAvgPool(op: string, rank: number, input: Tensor, outputSize: OutputSize): Tensor {
  expectFloat(op, 'input', input)
  if (input.ndim === rank + 1) return unbatched(input, (batch) => adaptiveAvgPool(op, rank, batch, outputSize))
  const sizes = adaptiveSizes(op, rank, input, outputSize)
  const problem = sizesOf(input, sizes)
  const shape = [problem.n, problem.c, ...sizes]
  const source = inFormat(op, input, 'channelsLast')
  const buffer = source.buffer(op)
  const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  if (output.size > 0) backend().kernels.adaptiveAvgPoolForward(problem, buffer, output.buffer(op))
  disposeCopy(source, input)
  if (needsGrad(input)) {
    const { shape: inputShape } = input
    record(op, output, [input], null, (gradOutput) => {
      if (gradOutput.size === 0) return [zeros(inputShape)]
      const grad = inFormat(op, gradOutput, 'channelsLast')
      const gradInput = emptyTensor(inputShape, 'float32', channelsLastStrides(inputShape))
      const buffers = [grad.buffer(op), gradInput.buffer(op)] as const
      backend().kernels.adaptiveAvgPoolBackward(problem, ...buffers)
      return [gradInput]
    })
  }
  return output
}
