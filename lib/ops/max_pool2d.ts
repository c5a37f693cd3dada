import { needsGrad, record, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { MaxPool2dProblem } from '../reference/index.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkOptions, type Pair, toPair } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { squeeze, unsqueeze } from './views.ts'

export interface MaxPool2dOptions {
  /** Step of the window; the window's own size by default. */
  stride?: Pair | null
  /** Padding that counts as −∞, at most half the window, 0 by default. */
  padding?: Pair
  /** Distance between the window's elements, 1 by default. */
  dilation?: Pair
  /** Whether windows may hang over the far edge, `false` by default. */
  ceilMode?: boolean
  /** Whether to return where the maxima are as well, `false` by default. */
  returnIndices?: boolean
}

const OPTIONS = ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']

/**
 * 2-D max pooling: `output[n, c, oh, ow] = max_{kh, kw} input[n, c, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW]`.
 *
 * Of equal maxima the first in row-major order wins and gets the whole gradient; NaN wins over all.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, OH, OW]` with `OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1` (`⌈…⌉` with `ceilMode`, unless the last
 *   window would start in the padding); with `returnIndices` also int32 positions `h · W + w`
 * @throws {ShapeError} when the window does not fit the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function maxPool2d(
  input: Tensor,
  kernelSize: Pair,
  options: MaxPool2dOptions & { returnIndices: true },
): [Tensor, Tensor]
export function maxPool2d(
  input: Tensor,
  kernelSize: Pair,
  options?: MaxPool2dOptions & { returnIndices?: false },
): Tensor
export function maxPool2d(input: Tensor, kernelSize: Pair, options: MaxPool2dOptions = {}): Tensor | [Tensor, Tensor] {
  expectFloat('maxPool2d', 'input', input)
  const single = input.ndim === 3
  const batch = single ? unsqueeze(input, 0) : input
  const wantsIndices = options.returnIndices ?? false
  const [output, indices] = pool(batch, maxPool2dProblem(batch, kernelSize, options), wantsIndices)
  if (!single) return indices === null ? output : [output, indices]
  batch.dispose()
  const results = [output, indices].map((result) => {
    const image = result === null ? null : squeeze(result, 0)
    result?.dispose()
    return image as Tensor
  })
  return wantsIndices ? [results[0], results[1]] : results[0]
}

function pool(input: Tensor, problem: MaxPool2dProblem, wantsIndices: boolean): [Tensor, Tensor | null] {
  const { kernels } = backend()
  const { n, c, oh, ow } = problem
  const recorded = needsGrad(input)
  const source = inFormat('maxPool2d', input, 'channelsLast')
  const buffer = source.buffer('maxPool2d')
  const shape = [n, c, oh, ow]
  const strides = channelsLastStrides(shape)
  const output = emptyTensor(shape, 'float32', strides)
  // Positions of the maxima serve backward and, as another tensor object, the caller.
  const argmax = recorded || wantsIndices ? untracked(() => emptyTensor(shape, 'int32', strides)) : null
  if (output.size > 0) {
    kernels.maxPool2dForward(problem, buffer, output.buffer('maxPool2d'), argmax?.buffer('maxPool2d') ?? null)
  }
  disposeCopy(source, input)
  const indices = wantsIndices ? (argmax as Tensor).alias() : null
  if (recorded) {
    const saved = saveOwned('maxPool2d', argmax as Tensor)
    const { shape: inputShape } = input
    record('maxPool2d', output, [input], [saved], (gradOutput) => [
      backward(problem, gradOutput, saved.get(), inputShape),
    ])
  } else argmax?.dispose()
  return [output, indices]
}

/** Every gradient goes to where its maximum was found. */
function backward(problem: MaxPool2dProblem, gradOutput: Tensor, argmax: Tensor, shape: readonly number[]): Tensor {
  const grad = inFormat('maxPool2d', gradOutput, 'channelsLast')
  const gradInput = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const buffers = [grad.buffer('maxPool2d'), argmax.buffer('maxPool2d'), gradInput.buffer('maxPool2d')] as const
  if (gradInput.size > 0) backend().kernels.maxPool2dBackward(problem, ...buffers)
  return gradInput
}

function maxPool2dProblem(input: Tensor, kernelSize: Pair, options: MaxPool2dOptions): MaxPool2dProblem {
  checkOptions('maxPool2d', options, OPTIONS)
  if (input.ndim !== 4) {
    throw new ShapeError(
      `maxPool2d: expected input of 3 or 4 dimensions, got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  const [n, c, ih, iw] = input.shape
  const [kh, kw] = toPair('maxPool2d', 'kernelSize', kernelSize, 1)
  const [sh, sw] = toPair('maxPool2d', 'stride', options.stride ?? kernelSize, 1)
  const [ph, pw] = toPair('maxPool2d', 'padding', options.padding ?? 0, 0)
  const [dh, dw] = toPair('maxPool2d', 'dilation', options.dilation ?? 1, 1)
  if (ph > kh / 2 || pw > kw / 2) {
    throw new RangeError(
      `maxPool2d: expected padding of at most half the window, got padding ${ph}x${pw}, window ${kh}x${kw}`,
    )
  }
  const ceil = options.ceilMode ?? false
  const oh = pooledSize(ih, dh * (kh - 1) + 1, sh, ph, ceil)
  const ow = pooledSize(iw, dw * (kw - 1) + 1, sw, pw, ceil)
  if (oh < 1 || ow < 1) {
    throw new ShapeError(
      `maxPool2d: window ${kh}x${kw} does not fit input ${ih}x${iw} with padding ${ph === pw ? ph : `${ph}x${pw}`}; ` +
        `the output would be empty; input ${formatShape(input.shape)}`,
    )
  }
  return { n, c, ih, iw, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw }
}

/** Windows along one dimension. With `ceil` a last partial window counts if it starts inside the input or its left padding. */
function pooledSize(size: number, reach: number, stride: number, padding: number, ceil: boolean): number {
  const room = size + 2 * padding - reach
  if (!ceil) return Math.floor(room / stride) + 1
  const count = Math.ceil(room / stride) + 1
  return (count - 1) * stride >= size + padding ? count - 1 : count
}
