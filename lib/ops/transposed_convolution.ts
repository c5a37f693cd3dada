import { anyNeedsGrad, record, save } from '../autograd/node.ts'
import { Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { binaryInto } from './binary.ts'
import { backwardInputPass, backwardWeightPass, forwardPass } from './conv_passes.ts'
import { type ConvProblem, checkBias, checkDims, checkSpatial, problemOf, reachOf, shapesOf } from './conv_problem.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { reduceRaw } from './reduce_raw.ts'
import { unbatched } from './unbatched.ts'

/** Options of all transposed convolutions; lists have one number for each spatial dimension, the outermost first. */
export interface ConvTransposeOptions {
  /** Distance in the output between the windows of neighbouring elements, 1 by default. */
  stride?: AxisSizes
  /** Elements taken away from both ends of the output, 0 by default. */
  padding?: AxisSizes
  /** Elements added at the end of the output, 0 by default; less than the stride or the dilation. */
  outputPadding?: AxisSizes
  /** Distance between the window's elements, 1 by default. */
  dilation?: AxisSizes
  /** Number of groups that input and output channels fall into, 1 by default. */
  groups?: number
}

/** {@link ConvTransposeOptions} with every default filled in and one number for each spatial dimension. */
export interface ConvTransposeSettings {
  stride: number[]
  padding: number[]
  outputPadding: number[]
  dilation: number[]
  groups: number
}

/** Names of {@link ConvTransposeOptions}. */
export const TRANSPOSE_OPTIONS = ['stride', 'padding', 'outputPadding', 'dilation', 'groups']

/**
 * Checks the options of a transposed convolution over `rank` spatial dimensions.
 *
 * @throws {RangeError} when one is unknown, fractional or out of range.
 */
export function transposeSettings(
  op: string,
  rank: number,
  options: ConvTransposeOptions,
  names = TRANSPOSE_OPTIONS,
): ConvTransposeSettings {
  checkOptions(op, options, names)
  const groups = checkInteger(op, 'groups', options.groups ?? 1, 1)
  const stride = toSizes(op, 'stride', options.stride ?? 1, 1, rank)
  const padding = toSizes(op, 'padding', options.padding ?? 0, 0, rank)
  const dilation = toSizes(op, 'dilation', options.dilation ?? 1, 1, rank)
  const outputPadding = toSizes(op, 'outputPadding', options.outputPadding ?? 0, 0, rank)
  if (outputPadding.some((size, i) => size >= stride[i] && size >= dilation[i])) {
    throw new RangeError(
      `${op}: expected outputPadding smaller than stride ${stride.join('x')} or dilation ${dilation.join('x')}, ` +
        `got ${outputPadding.join('x')}`,
    )
  }
  return { stride, padding, outputPadding, dilation, groups }
}

/** Sizes of the output without output padding: `(size − 1)·stride − 2·padding + dilation·(kernelSize − 1) + 1`. */
export function transposedSizes(
  inputSize: readonly number[],
  kernelSize: readonly number[],
  { stride, padding, dilation }: Omit<ConvTransposeSettings, 'groups' | 'outputPadding'>,
): number[] {
  const reach = reachOf(kernelSize, dilation)
  return inputSize.map((size, i) => (size - 1) * stride[i] - 2 * padding[i] + reach[i])
}

/**
 * A transposed convolution over `rank` spatial dimensions, see `convTranspose2d`: the gradient of a convolution with
 * respect to its input. So its forward pass is that convolution's backward-input pass, its own backward-input the
 * convolution itself, and its backward-weight that of the convolution with input and output in each other's place.
 *
 * @throws {ShapeError} when channels, groups or bias do not fit, or the output would be empty.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function transposedConvolution(
  op: string,
  rank: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions,
): Tensor {
  expectFloat(op, 'input', input)
  expectFloat(op, 'weight', weight)
  if (bias !== null) expectFloat(op, 'bias', bias)
  if (input.ndim === rank + 1) {
    return unbatched(input, (batch) => transposedConvolution(op, rank, batch, weight, bias, options))
  }
  const problem = plan(op, rank, input, weight, bias, options)
  const source = inFormat(op, input, 'channelsLast')
  const filter = inFormat(op, weight, 'channelsLast')
  const output = backwardInputPass(op, problem, source, filter, outputShape(problem, rank))
  if (bias !== null) addBias(op, output, bias)
  if (anyNeedsGrad([input, weight, bias])) recordTransposed(op, problem, input, weight, bias, source, filter, output)
  disposeCopy(source, input)
  disposeCopy(filter, weight)
  return output
}

/** The input's shape of the convolution is the output's shape here. */
function outputShape(problem: ConvProblem, rank: number): number[] {
  const { n, ic, ih, iw } = problem
  if ('kd' in problem) return [n, ic, problem.id, ih, iw]
  return rank === 1 ? [n, ic, iw] : [n, ic, ih, iw]
}

function addBias(op: string, output: Tensor, bias: Tensor): void {
  bias.checkAlive(op)
  const ones = output.shape.slice(2).map(() => 1)
  const strides = [bias.strides[0], ...ones]
  const column = new Tensor(bias.storage, bias.offset, [bias.size, ...ones], strides, 'float32', false)
  binaryInto(op, 'add', output, column)
  column.dispose()
}

function recordTransposed(
  op: string,
  problem: ConvProblem,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  source: Tensor,
  filter: Tensor,
  output: Tensor,
): void {
  const needsBias = bias?.requiresGrad ?? false
  const savedInput = weight.requiresGrad ? save(op, source) : null
  const savedWeight = input.requiresGrad ? save(op, filter) : null
  const { shape: inputShape } = input
  const { shape: weightShape } = weight
  // All dimensions but that of the channels.
  const dims = [...output.shape.keys()].filter((dim) => dim !== 1)
  const saved = [savedInput, savedWeight].filter((item) => item !== null)
  record(op, output, [input, weight, bias], saved, (gradOutput) => {
    const grad = inFormat(op, gradOutput, 'channelsLast')
    const gradInput =
      savedWeight === null ? null : forwardPass(op, problem, grad, savedWeight.get(), null, inputShape, null)
    const gradWeight =
      savedInput === null ? null : backwardWeightPass(op, problem, grad, savedInput.get(), weightShape, false)[0]
    return [gradInput, gradWeight, needsBias ? reduceRaw('sum', grad, dims) : null]
  })
}

/** Checks the arguments and works out the convolution whose input is the output here. */
function plan(
  op: string,
  rank: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions,
): ConvProblem {
  const settings = transposeSettings(op, rank, options)
  checkDims(op, rank, input, weight)
  const { stride, padding, outputPadding, dilation, groups } = settings
  checkChannels(op, input, weight, groups)
  const channels = weight.shape[1] * groups
  checkBias(op, bias, channels, weight)
  checkSpatial(op, input, weight)
  const inputSize = input.shape.slice(2)
  const kernelSize = weight.shape.slice(2)
  const outputSize = transposedSizes(inputSize, kernelSize, settings).map((size, i) => size + outputPadding[i])
  if (outputSize.some((size) => size < 1)) {
    throw new ShapeError(
      `${op}: expected an output with elements, got size ${outputSize.join('x')} with padding ${padding.join('x')}; ` +
        shapesOf(input, weight),
    )
  }
  return problemOf({
    n: input.shape[0],
    groups,
    inChannels: channels,
    outChannels: input.shape[1],
    inputSize: outputSize,
    outputSize: inputSize,
    kernelSize,
    stride,
    before: padding,
    dilation,
  })
}

function checkChannels(op: string, input: Tensor, weight: Tensor, groups: number): void {
  const channels = input.shape[1]
  if (channels !== weight.shape[0]) {
    throw new ShapeError(
      `${op}: expected input channels to equal weight.shape[0] (${weight.shape[0]}), got ${channels}; ` +
        shapesOf(input, weight),
    )
  }
  if (channels % groups !== 0) {
    throw new ShapeError(
      `${op}: expected input channels (weight.shape[0]) divisible by groups ${groups}, got ${channels}; ` +
        `input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`,
    )
  }
}
