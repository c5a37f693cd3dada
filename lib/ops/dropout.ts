import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { DropoutProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { takeWords } from '../tensor/generator.ts'
import { emptyLike, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkUnitInterval } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inAnyOrder, inFormat, withStrides } from './dense.ts'

export interface DropoutOptions {
  /** Probability that an element (or channel) is set to 0, 0.5 by default. */
  p?: number
  /** Whether anything is dropped at all, `true` by default. */
  training?: boolean
}

/**
 * Sets each element to 0 with probability `p` and scales the others by `1 / (1 − p)`; the input itself outside training.
 *
 * Which elements go is decided by the generator that `manualSeed` sets, in the order they lie in memory.
 *
 * @throws {RangeError} when `p` lies outside [0, 1].
 *
 * Source: Srivastava et al., "Dropout", 2014.
 */
export function dropout(input: Tensor, { p = 0.5, training = true }: DropoutOptions = {}): Tensor {
  checkArguments('dropout', input, p)
  if (!training || p === 0) return input
  if (p === 1) return dropAll('dropout', input)
  const { seed, offset } = takeWords(input.size)
  const problem = { n: 1, spatial: 1, c: input.size, p, channelwise: false, seed, offset }
  const source = inAnyOrder('dropout', input)
  return apply('dropout', problem, input, source)
}

/**
 * Sets each channel of each image to 0 with probability `p` and scales the others by `1 / (1 − p)`; the input itself
 * outside training.
 *
 * @param input `[N, C, H, W]` or `[N, C, L]`
 * @throws {RangeError} when `p` lies outside [0, 1].
 * @throws {ShapeError} when the input has fewer than 3 or more than 4 dimensions.
 *
 * Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
 */
export function dropout2d(input: Tensor, { p = 0.5, training = true }: DropoutOptions = {}): Tensor {
  checkArguments('dropout2d', input, p)
  if (input.ndim !== 3 && input.ndim !== 4) {
    throw new ShapeError(
      `dropout2d: expected input of 3 or 4 dimensions [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  if (!training || p === 0 || input.size === 0) return input
  if (p === 1) return dropAll('dropout2d', input)
  const [n, c] = input.shape
  const { seed, offset } = takeWords(n * c)
  const problem = { n, spatial: input.size / (n * c), c, p, channelwise: true, seed, offset }
  const source = inFormat('dropout2d', input, 'channelsLast')
  return apply('dropout2d', problem, input, source)
}

function checkArguments(op: string, input: Tensor, p: number): void {
  expectFloat(op, 'input', input)
  checkUnitInterval(op, 'p', p)
}

/** The same problem gives the same mask, so backward is the forward kernel on the gradient. */
function apply(op: string, problem: DropoutProblem, input: Tensor, source: Tensor): Tensor {
  const output = masked(op, problem, source)
  const { strides } = source
  if (needsGrad(input)) {
    record(op, output, [input], null, (gradOutput) => [masked(op, problem, withStrides(op, gradOutput, strides))])
  }
  disposeCopy(source, input)
  return output
}

function masked(op: string, problem: DropoutProblem, source: Tensor): Tensor {
  const buffer = source.buffer(op)
  const output = emptyTensor(source.shape, 'float32', source.strides)
  if (source.size > 0) backend().kernels.dropout(problem, buffer, output.buffer(op))
  return output
}

/** With `p = 1` nothing survives, and the scale of the survivors is not defined. */
function dropAll(op: string, input: Tensor): Tensor {
  const zeros = (like: Tensor): Tensor => {
    const output = emptyLike(like)
    fillElements(op, output, 0)
    return output
  }
  const output = zeros(input)
  if (needsGrad(input)) record(op, output, [input], null, (gradOutput) => [zeros(gradOutput)])
  return output
}
