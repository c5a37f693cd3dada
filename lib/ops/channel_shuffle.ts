import { anyNeedsGrad, needsGrad, record } from '../autograd/node.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { copyAs, expectTensor } from './dense.ts'

/**
 * Deals the channels of `groups` groups out in turn: `output[n, j · groups + g] = input[n, g · C / groups + j]`.
 *
 * ```ts
 * F.channelShuffle(tensor([[[0], [1], [2], [3], [4], [5]]]), 2).toArray() // [[[0], [3], [1], [4], [2], [5]]]
 * ```
 *
 * @param input `[N, C, ...spatial]`, any element type
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} for fewer than three dimensions, and when the channels do not fall into `groups`.
 * @throws {RangeError} when `groups` is no positive integer.
 *
 * Source: Zhang et al., "ShuffleNet", 2018; semantics of torch.nn.functional.channel_shuffle.
 */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  expectTensor('channelShuffle', 'input', input)
  checkInteger('channelShuffle', 'groups', groups, 1)
  if (input.ndim < 3) {
    throw new ShapeError(
      `channelShuffle: expected input of at least 3 dimensions [N, C, ...], got ${input.ndim}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  if (input.shape[1] % groups !== 0) {
    throw new ShapeError(
      `channelShuffle: expected channels divisible by groups ${groups}, got ${input.shape[1]}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  const output = shuffled(input, groups)
  if (needsGrad(input)) {
    // Dealing out the other way round undoes it.
    const back = input.shape[1] / groups
    record('channelShuffle', output, [input], null, (gradOutput) => [shuffled(gradOutput, back)])
  }
  return output
}

/** One copy, whose channels are read as `[groups, C / groups]` and written as `[C / groups, groups]`. */
function shuffled(input: Tensor, groups: number): Tensor {
  const { shape, strides } = input
  const output = emptyTensor(shape, input.dtype, channelsLastStrides(shape))
  if (input.size === 0) return output
  const each = shape[1] / groups
  const split = [shape[0], each, groups, ...shape.slice(2)]
  const view = (of: Tensor, eachStride: number, groupStride: number): Tensor => {
    const [n, , ...spatial] = of.strides
    return new Tensor(of.storage, of.offset, split, [n, eachStride, groupStride, ...spatial], of.dtype, false)
  }
  const from = view(input, strides[1], strides[1] * each)
  const to = view(output, groups, 1)
  copyElements('channelShuffle', from, to)
  from.dispose()
  to.dispose()
  return output
}

/**
 * `channelShuffle(cat(parts, 1), parts.length)` of parts of one shape, each copied once.
 *
 * @param parts `[N, C, ...spatial]`
 * @returns `[N, C · parts, ...spatial]`, channels-last in memory
 */
export function interleaveChannels(parts: readonly Tensor[]): Tensor {
  const [{ shape, dtype }] = parts
  const step = parts.length
  const whole = shape.with(1, shape[1] * step)
  const output = emptyTensor(whole, dtype, channelsLastStrides(whole))
  const every = (of: Tensor, first: number): Tensor => {
    const strides = of.strides.with(1, of.strides[1] * step)
    return new Tensor(of.storage, of.offset + first * of.strides[1], shape, strides, dtype, false)
  }
  parts.forEach((part, i) => {
    const place = every(output, i)
    copyElements('channelShuffle', part, place)
    place.dispose()
  })
  if (anyNeedsGrad(parts)) {
    const needed = parts.map((part) => part.requiresGrad)
    record('channelShuffle', output, parts, null, (gradOutput) =>
      needed.map((need, i) => (need ? copyAs('channelShuffle', every(gradOutput, i), 'channelsLast') : null)),
    )
  }
  return output
}
