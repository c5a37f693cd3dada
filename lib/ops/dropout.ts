import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { DropoutProblem } from '../reference/index.ts'
import { takeWords } from '../tensor/generator.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkUnitInterval } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, expectTensor, inAnyOrder, inFormat, withStrides } from './dense.ts'
import { unbatched } from './unbatched.ts'

/** How much a dropout takes away, and when. */
export interface DropoutOptions {
  /** Probability that an element (or channel) is dropped, in [0, 1], 0.5 by default. */
  p?: number
  /** Whether anything is dropped at all, `true` by default; otherwise the input itself is returned. */
  training?: boolean
}

/** What becomes of an element: kept, `input · scale + shift`, or else `dropped`. */
type Rule = Pick<DropoutProblem, 'scale' | 'shift' | 'dropped'>

/** Keeps the mean. */
const inverted = (p: number): Rule => ({ scale: p === 1 ? 0 : 1 / (1 - p), shift: 0, dropped: 0 })

// −1.0507 · 1.6733, what selu gives far below 0.
const SELU_FLOOR = -1.7580993408473766

/**
 * Keeps mean 0 and variance 1, with the floor of selu for what is dropped; 0 for everything where p is 1, as in
 * PyTorch.
 */
function selfNormalizing(p: number): Rule {
  if (p === 1) return { scale: 0, shift: 0, dropped: 0 }
  const scale = 1 / Math.sqrt((SELU_FLOOR ** 2 * p + 1) * (1 - p))
  return { scale, shift: -SELU_FLOOR * scale * p, dropped: SELU_FLOOR * scale * (1 - p) }
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
export function dropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  return dropElements('dropout', input, options, inverted)
}

/**
 * Dropout that keeps mean 0 and variance 1 of its input, for networks of `selu`: each element becomes `−1.7581` with
 * probability `p`, and then all are scaled and shifted. The input itself outside training.
 *
 * @throws {RangeError} when `p` lies outside [0, 1].
 *
 * Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.
 */
export function alphaDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  return dropElements('alphaDropout', input, options, selfNormalizing)
}

/**
 * Sets each channel of each sequence to 0 with probability `p` and scales the others by `1 / (1 − p)`; the input itself
 * outside training.
 *
 * @param input `[N, C, L]`, or `[C, L]`
 * @throws {RangeError} when `p` lies outside [0, 1].
 * @throws {ShapeError} for other numbers of dimensions.
 *
 * Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
 */
export function dropout1d(input: Tensor, options: DropoutOptions = {}): Tensor {
  expectDims('dropout1d', input, [2, 3], '[C, L] or [N, C, L]')
  return dropChannels('dropout1d', input, input.ndim === 2, options, inverted)
}

/**
 * Sets each channel of each image to 0 with probability `p` and scales the others by `1 / (1 − p)`; the input itself
 * outside training.
 *
 * @param input `[N, C, H, W]` or, as in PyTorch, `[N, C, L]`
 * @throws {RangeError} when `p` lies outside [0, 1].
 * @throws {ShapeError} when the input has fewer than 3 or more than 4 dimensions.
 *
 * Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
 */
export function dropout2d(input: Tensor, options: DropoutOptions = {}): Tensor {
  expectDims('dropout2d', input, [3, 4], '[N, C, ...]')
  return dropChannels('dropout2d', input, false, options, inverted)
}

/**
 * Sets each channel of each volume to 0 with probability `p` and scales the others by `1 / (1 − p)`; the input itself
 * outside training.
 *
 * @param input `[N, C, D, H, W]`, or `[C, D, H, W]`
 * @throws {RangeError} when `p` lies outside [0, 1].
 * @throws {ShapeError} for other numbers of dimensions.
 *
 * Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
 */
export function dropout3d(input: Tensor, options: DropoutOptions = {}): Tensor {
  expectDims('dropout3d', input, [4, 5], '[C, D, H, W] or [N, C, D, H, W]')
  return dropChannels('dropout3d', input, input.ndim === 4, options, inverted)
}

/**
 * {@link alphaDropout} of whole channels.
 *
 * @param input `[N, C, ...]`
 * @throws {RangeError} when `p` lies outside [0, 1].
 * @throws {ShapeError} when the input has fewer than 2 dimensions.
 */
export function featureAlphaDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  expectTensor('featureAlphaDropout', 'input', input)
  if (input.ndim < 2) {
    throw new ShapeError(
      `featureAlphaDropout: expected input [N, C, ...], got ${input.ndim} dimensions; input ${formatShape(input.shape)}`,
    )
  }
  return dropChannels('featureAlphaDropout', input, false, options, selfNormalizing)
}

function expectDims(op: string, input: Tensor, allowed: readonly [number, number], shapes: string): void {
  expectTensor(op, 'input', input)
  if (allowed.includes(input.ndim)) return
  throw new ShapeError(
    `${op}: expected input of ${allowed.join(' or ')} dimensions ${shapes}, got ${input.ndim}; ` +
      `input ${formatShape(input.shape)}`,
  )
}

/** Whether the op changes anything. */
function drops(op: string, input: Tensor, p: number, training: boolean): boolean {
  expectFloat(op, 'input', input)
  checkUnitInterval(op, 'p', p)
  return training && p > 0 && input.size > 0
}

function dropElements(
  op: string,
  input: Tensor,
  { p = 0.5, training = true }: DropoutOptions,
  rule: (p: number) => Rule,
): Tensor {
  if (!drops(op, input, p, training)) return input
  const place = takeWords(p === 1 ? 0 : input.size)
  const problem = { n: 1, spatial: 1, c: input.size, p, ...rule(p), channelwise: false, ...place }
  return apply(op, problem, input, inAnyOrder(op, input))
}

function dropChannels(
  op: string,
  input: Tensor,
  single: boolean,
  { p = 0.5, training = true }: DropoutOptions,
  rule: (p: number) => Rule,
): Tensor {
  if (!drops(op, input, p, training)) return input
  if (single) return unbatched(input, (batch) => dropChannels(op, batch, false, { p, training }, rule))
  const [n, c] = input.shape
  const place = takeWords(p === 1 ? 0 : n * c)
  const problem = { n, spatial: input.size / (n * c), c, p, ...rule(p), channelwise: true, ...place }
  return apply(op, problem, input, inFormat(op, input, 'channelsLast'))
}

/** The same place in the generator's stream gives the same mask, so backward is the forward kernel on the gradient. */
function apply(op: string, problem: DropoutProblem, input: Tensor, source: Tensor): Tensor {
  const output = emptyTensor(source.shape, 'float32', source.strides)
  drop(op, problem, source, output)
  const { strides } = source
  if (needsGrad(input)) {
    const gradProblem = { ...problem, shift: 0, dropped: 0 }
    record(op, output, [input], null, (gradOutput, owned) => {
      const grad = withStrides(op, gradOutput, strides)
      // In place of a gradient that nobody else reads.
      const gradInput = owned || grad !== gradOutput ? grad : emptyTensor(grad.shape, 'float32', strides)
      drop(op, gradProblem, grad, gradInput)
      return [gradInput]
    })
  }
  disposeCopy(source, input)
  return output
}

function drop(op: string, problem: DropoutProblem, source: Tensor, output: Tensor): void {
  backend().kernels.dropout(problem, source.buffer(op), output.buffer(op))
}
