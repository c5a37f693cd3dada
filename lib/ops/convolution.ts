import { anyNeedsGrad, record, save } from '../autograd/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { backwardInputPass, backwardWeightPass, forwardPass } from './conv_passes.ts'
import {
  type ConvGeometry,
  type ConvOptions,
  type ConvProblem,
  checkBias,
  checkDims,
  checkSpatial,
  convSettings,
  paddingEnds,
  problemOf,
  reachOf,
  shapesOf,
} from './conv_problem.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { type Ends, padBorder } from './pad_border.ts'
import { reluGrad } from './relu.ts'
import { unbatched } from './unbatched.ts'

/** What a convolution does with its output while it stores it. */
export interface Stored {
  /** Whether negative numbers become 0. */
  relu?: boolean
  /** Gets the moments of the output, `[3, outChannels]`, of a batched input of one or two spatial dimensions. */
  moments?: Tensor | null
}

/**
 * A convolution over `rank` spatial dimensions, see `conv2d`.
 *
 * @throws {ShapeError} when channels, groups or bias do not fit, or the window is larger than the padded input.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function convolution(
  op: string,
  rank: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions,
  stored: Stored = {},
): Tensor {
  expectFloat(op, 'input', input)
  expectFloat(op, 'weight', weight)
  if (bias !== null) expectFloat(op, 'bias', bias)
  if (input.ndim === rank + 1) {
    return unbatched(input, (batch) => convolution(op, rank, batch, weight, bias, options, stored))
  }
  const { geometry, border } = plan(op, rank, input, weight, bias, options)
  const padded = border === null ? input : padBorder(op, input, border.ends, border.mode)
  const problem = problemOf(geometry, stored.relu)
  const shape = [geometry.n, geometry.outChannels, ...geometry.outputSize]
  const output = run(op, problem, shape, { input: padded, weight, bias }, stored.moments ?? null)
  disposeCopy(padded, input)
  return output
}

interface Operands {
  input: Tensor
  weight: Tensor
  bias: Tensor | null
}

/** Runs the forward pass and records the backward ones. */
function run(op: string, problem: ConvProblem, shape: number[], operands: Operands, moments: Tensor | null): Tensor {
  const { input, weight, bias } = operands
  const source = inFormat(op, input, 'channelsLast')
  const filter = inFormat(op, weight, 'channelsLast')
  const row = bias === null ? null : inFormat(op, bias, 'rowMajor')
  const output = forwardPass(op, problem, source, filter, row, shape, moments)
  if (anyNeedsGrad([input, weight, bias])) recordConvolution(op, problem, operands, source, filter, output)
  disposeCopy(source, input)
  disposeCopy(filter, weight)
  if (row !== null && bias !== null) disposeCopy(row, bias)
  return output
}

function recordConvolution(
  op: string,
  problem: ConvProblem,
  { input, weight, bias }: Operands,
  source: Tensor,
  filter: Tensor,
  output: Tensor,
): void {
  const needsInput = input.requiresGrad
  const needsWeight = weight.requiresGrad
  const needsBias = bias?.requiresGrad ?? false
  const savedInput = needsWeight || needsBias ? save(op, source) : null
  const savedWeight = needsInput ? save(op, filter) : null
  const { shape: inputShape } = input
  const { shape: weightShape } = weight
  // The output says where the gradient passes: it is positive exactly where the sum was.
  const savedOutput = problem.relu ? save(op, output) : null
  const saved = [savedInput, savedWeight, savedOutput].filter((item) => item !== null)
  record(op, output, [input, weight, bias], saved, (gradOutput, owned) => {
    const given = inFormat(op, gradOutput, 'channelsLast')
    const grad = savedOutput === null ? given : reluGrad(savedOutput.get(), given, owned || given !== gradOutput)
    const gradInput = savedWeight === null ? null : backwardInputPass(op, problem, grad, savedWeight.get(), inputShape)
    if (savedInput === null) return [gradInput, null, null]
    const [gradWeight, gradBias] = backwardWeightPass(op, problem, savedInput.get(), grad, weightShape, needsBias)
    return [gradInput, needsWeight ? gradWeight : null, gradBias]
  })
}

/** What to compute: the sizes, and the border that is no zeros, if any. */
interface Plan {
  geometry: ConvGeometry
  border: { ends: Ends[]; mode: 'reflect' | 'replicate' | 'circular' } | null
}

/** Checks the arguments of a convolution and works out its sizes. */
function plan(
  op: string,
  rank: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions,
): Plan {
  const { stride, padding, dilation, groups, paddingMode } = convSettings(op, rank, options)
  checkDims(op, rank, input, weight)
  checkChannels(op, input, weight, groups)
  checkBias(op, bias, weight.shape[0], weight)
  const inputSize = input.shape.slice(2)
  const kernelSize = weight.shape.slice(2)
  const reach = reachOf(kernelSize, dilation)
  const [before, after] = paddingEnds(padding, reach)
  const outputSize = new Array<number>(rank)
  let added = false
  for (let i = 0; i < rank; i++) {
    outputSize[i] = Math.floor((inputSize[i] + before[i] + after[i] - reach[i]) / stride[i]) + 1
    if (before[i] > 0 || after[i] > 0) added = true
    if (outputSize[i] < 1) throw emptyOutput(op, input, weight, reach, before)
  }
  checkSpatial(op, input, weight)
  const n = input.shape[0]
  const inChannels = input.shape[1]
  const outChannels = weight.shape[0]
  const geometry = { n, groups, inChannels, outChannels, inputSize, outputSize, kernelSize, stride, before, dilation }
  if (paddingMode === 'zeros' || !added) return { geometry, border: null }
  const paddedSize = inputSize.map((size, i) => size + before[i] + after[i])
  const ends = before.map((size, i): Ends => [size, after[i]])
  const unpadded = { ...geometry, inputSize: paddedSize, before: before.map(() => 0) }
  return { geometry: unpadded, border: { ends, mode: paddingMode } }
}

function emptyOutput(op: string, input: Tensor, weight: Tensor, reach: number[], before: number[]): ShapeError {
  return new ShapeError(
    `${op}: window ${reach.join('x')} does not fit input ${input.shape.slice(2).join('x')} ` +
      `with padding ${before.join('x')}; the output would be empty; ${shapesOf(input, weight)}`,
  )
}

function checkChannels(op: string, input: Tensor, weight: Tensor, groups: number): void {
  const [outChannels, perGroup] = weight.shape
  if (input.shape[1] !== perGroup * groups) {
    throw new ShapeError(
      `${op}: expected input channels to equal weight.shape[1] * groups (${perGroup} * ${groups} = ` +
        `${perGroup * groups}), got ${input.shape[1]}; ${shapesOf(input, weight)}`,
    )
  }
  if (outChannels % groups !== 0) {
    throw new ShapeError(
      `${op}: expected output channels (weight.shape[0]) divisible by groups ${groups}, got ${outChannels}; ` +
        shapesOf(input, weight),
    )
  }
}
