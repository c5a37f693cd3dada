import { anyNeedsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { Conv2dProblem } from '../reference/index.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions, describe, type Pair, toPair } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import './copy.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { unbatched } from './unbatched.ts'

export interface Conv2dOptions {
  /** Step of the window, 1 by default. */
  stride?: Pair
  /** Zeros around the input, 0 by default; `same` keeps the size (stride 1 only), `valid` is 0. */
  padding?: Pair | 'same' | 'valid'
  /** Distance between the window's elements, 1 by default. */
  dilation?: Pair
  /** Number of groups that input and output channels fall into, 1 by default. */
  groups?: number
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups']

/**
 * 2-D convolution (cross-correlation):
 *
 * `output[n, oc, oh, ow] = bias[oc] + Σ_{ic, kh, kw} input[n, ic, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW] · weight[oc, ic, kh, kw]`
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param weight `[O, C / groups, KH, KW]`
 * @param bias `[O]`
 * @returns `[N, O, OH, OW]` with `OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1`, channels-last in memory
 * @throws {ShapeError} when channels, groups or bias do not fit, or the window is larger than the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv2dOptions = {}): Tensor {
  expectFloat('conv2d', 'input', input)
  expectFloat('conv2d', 'weight', weight)
  if (bias) expectFloat('conv2d', 'bias', bias)
  if (input.ndim === 3) return unbatched(input, (batch) => conv2d(batch, weight, bias, options))
  const problem = conv2dProblem(input, weight, bias ?? null, options)
  const source = inFormat('conv2d', input, 'channelsLast')
  const filter = inFormat('conv2d', weight, 'channelsLast')
  const output = forward(problem, source, filter, bias ?? null)
  if (anyNeedsGrad([input, weight, bias])) recordConv2d(problem, input, weight, bias ?? null, source, filter, output)
  disposeCopy(source, input)
  disposeCopy(filter, weight)
  return output
}

function forward(problem: Conv2dProblem, source: Tensor, filter: Tensor, bias: Tensor | null): Tensor {
  const { n, oc, oh, ow } = problem
  const row = bias === null ? null : inFormat('conv2d', bias, 'rowMajor')
  const buffers = [source.buffer('conv2d'), filter.buffer('conv2d'), row?.buffer('conv2d') ?? null] as const
  const shape = [n, oc, oh, ow]
  const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  if (output.size > 0) backend().kernels.conv2dForward(problem, ...buffers, output.buffer('conv2d'))
  if (row !== null && bias !== null) disposeCopy(row, bias)
  return output
}

function recordConv2d(
  problem: Conv2dProblem,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  source: Tensor,
  filter: Tensor,
  output: Tensor,
): void {
  const needsInput = input.requiresGrad
  const needsWeight = weight.requiresGrad
  const needsBias = bias?.requiresGrad ?? false
  const savedInput = needsWeight || needsBias ? save('conv2d', source) : null
  const savedWeight = needsInput ? save('conv2d', filter) : null
  const { shape: inputShape } = input
  const { shape: weightShape } = weight
  const saved = [savedInput, savedWeight].filter((item) => item !== null)
  record('conv2d', output, [input, weight, bias], saved, (gradOutput) => {
    const grad = inFormat('conv2d', gradOutput, 'channelsLast')
    const gradInput = savedWeight === null ? null : backwardInput(problem, grad, savedWeight.get(), inputShape)
    if (savedInput === null) return [gradInput, null, null]
    const [gradWeight, gradBias] = backwardWeight(problem, savedInput.get(), grad, weightShape, needsBias)
    return [gradInput, needsWeight ? gradWeight : null, gradBias]
  })
}

/** `gradInput[n, ic, ih, iw] = Σ gradOutput[n, oc, oh, ow] · weight[oc, ic, kh, kw]` over all that read the element. */
function backwardInput(problem: Conv2dProblem, grad: Tensor, filter: Tensor, shape: readonly number[]): Tensor {
  const gradInput = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const buffers = [grad.buffer('conv2d'), filter.buffer('conv2d'), gradInput.buffer('conv2d')] as const
  if (gradInput.size > 0) backend().kernels.conv2dBackwardInput(problem, ...buffers)
  return gradInput
}

/** `gradWeight[oc, ic, kh, kw] = Σ_{n, oh, ow} gradOutput · input`, `gradBias[oc] = Σ_{n, oh, ow} gradOutput`. */
function backwardWeight(
  problem: Conv2dProblem,
  source: Tensor,
  grad: Tensor,
  shape: readonly number[],
  needsBias: boolean,
): [Tensor, Tensor | null] {
  const gradWeight = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const gradBias = needsBias ? emptyTensor([problem.oc], 'float32') : null
  const buffers = [source.buffer('conv2d'), grad.buffer('conv2d'), gradWeight.buffer('conv2d')] as const
  if (source.size > 0) backend().kernels.conv2dBackwardWeight(problem, ...buffers, gradBias?.buffer('conv2d') ?? null)
  else for (const sum of [gradWeight, gradBias]) sum?.zero_()
  return [gradWeight, gradBias]
}

/** Checks the arguments of a convolution and works out its sizes. */
function conv2dProblem(input: Tensor, weight: Tensor, bias: Tensor | null, options: Conv2dOptions): Conv2dProblem {
  checkOptions('conv2d', options, OPTIONS)
  const g = checkInteger('conv2d', 'groups', options.groups ?? 1, 1)
  checkShapes(input, weight, bias, g)
  const [n, ic, ih, iw] = input.shape
  const [oc, , kh, kw] = weight.shape
  const [sh, sw] = toPair('conv2d', 'stride', options.stride ?? 1, 1)
  const [dh, dw] = toPair('conv2d', 'dilation', options.dilation ?? 1, 1)
  const [reachH, reachW] = [dh * (kh - 1) + 1, dw * (kw - 1) + 1]
  const [top, bottom, left, right] = conv2dPadding(options.padding ?? 0, [sh, sw], [reachH, reachW])
  const oh = Math.floor((ih + top + bottom - reachH) / sh) + 1
  const ow = Math.floor((iw + left + right - reachW) / sw) + 1
  if (oh < 1 || ow < 1) {
    throw new ShapeError(
      `conv2d: window ${reachH}x${reachW} does not fit input ${ih}x${iw} with padding ${top}x${left}; ` +
        `the output would be empty; input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`,
    )
  }
  return { n, g, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph: top, pw: left, dh, dw }
}

function checkShapes(input: Tensor, weight: Tensor, bias: Tensor | null, groups: number): void {
  const shapes = () => `input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`
  if (input.ndim !== 4)
    throw new ShapeError(`conv2d: expected input of 3 or 4 dimensions, got ${input.ndim}; ${shapes()}`)
  if (weight.ndim !== 4)
    throw new ShapeError(`conv2d: expected weight of 4 dimensions, got ${weight.ndim}; ${shapes()}`)
  if (weight.size === 0) throw new ShapeError(`conv2d: expected a weight with elements; ${shapes()}`)
  const [outChannels, perGroup] = weight.shape
  if (input.shape[1] !== perGroup * groups) {
    throw new ShapeError(
      `conv2d: expected input channels to equal weight.shape[1] * groups (${perGroup} * ${groups} = ` +
        `${perGroup * groups}), got ${input.shape[1]}; ${shapes()}`,
    )
  }
  if (outChannels % groups !== 0) {
    throw new ShapeError(
      `conv2d: expected output channels (weight.shape[0]) divisible by groups ${groups}, got ${outChannels}; ${shapes()}`,
    )
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== outChannels)) {
    throw new ShapeError(
      `conv2d: expected bias of shape [${outChannels}]; bias ${formatShape(bias.shape)}, weight ${formatShape(weight.shape)}`,
    )
  }
}

/** Zeros on top, bottom, left and right. `same` puts an odd one at the end, as PyTorch does. */
function conv2dPadding(
  padding: Pair | 'same' | 'valid',
  stride: readonly [number, number],
  reach: readonly [number, number],
): [number, number, number, number] {
  if (padding === 'valid') return [0, 0, 0, 0]
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1) {
      throw new RangeError(`conv2d: expected stride 1 with padding "same", got ${stride[0]}x${stride[1]}`)
    }
    const before = reach.map((size) => Math.floor((size - 1) / 2))
    return [before[0], reach[0] - 1 - before[0], before[1], reach[1] - 1 - before[1]]
  }
  if (typeof padding === 'string') {
    throw new RangeError(`conv2d: expected padding to be "same", "valid" or numbers, got ${describe(padding)}`)
  }
  const [ph, pw] = toPair('conv2d', 'padding', padding, 0)
  return [ph, ph, pw, pw]
}
