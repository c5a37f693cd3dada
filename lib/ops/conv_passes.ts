import { backend } from '../kernels/select.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import type { Shape } from '../util/shape.ts'
import type { ConvProblem } from './conv_problem.ts'
import './copy.ts'

/**
 * `output = bias + Σ input · weight`, of a fresh tensor of the given shape, channels-last, outside the graph.
 *
 * @param source input, channels-last
 * @param filter weight, channels-last
 * @param moments `[3, outChannels]` for those of the output, in 1-D and 2-D alone; null when nobody asks for them
 */
export function forwardPass(
  op: string,
  problem: ConvProblem,
  source: Tensor,
  filter: Tensor,
  bias: Tensor | null,
  shape: Shape,
  moments: Tensor | null,
): Tensor {
  const buffers = [source.buffer(op), filter.buffer(op), bias?.buffer(op) ?? null] as const
  const output = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  if (output.size === 0) return output
  const { kernels } = backend()
  if ('kd' in problem) kernels.conv3dForward(problem, ...buffers, output.buffer(op))
  else kernels.conv2dForward(problem, ...buffers, output.buffer(op), moments?.buffer(op) ?? null)
  return output
}

/** `gradInput[n, ic, ih, iw] = Σ gradOutput[n, oc, oh, ow] · weight[oc, ic, kh, kw]` over all that read the element. */
export function backwardInputPass(
  op: string,
  problem: ConvProblem,
  gradOutput: Tensor,
  filter: Tensor,
  shape: Shape,
): Tensor {
  const buffers = [gradOutput.buffer(op), filter.buffer(op)] as const
  const gradInput = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  if (gradInput.size === 0) return gradInput
  const { kernels } = backend()
  if ('kd' in problem) kernels.conv3dBackwardInput(problem, ...buffers, gradInput.buffer(op))
  else kernels.conv2dBackwardInput(problem, ...buffers, gradInput.buffer(op))
  return gradInput
}

/**
 * `gradWeight[oc, ic, kh, kw] = Σ_{n, oh, ow} gradOutput · input`, `gradBias[oc] = Σ_{n, oh, ow} gradOutput`; the second
 * is null unless asked for.
 */
export function backwardWeightPass(
  op: string,
  problem: ConvProblem,
  source: Tensor,
  gradOutput: Tensor,
  shape: Shape,
  needsBias: boolean,
): [Tensor, Tensor | null] {
  const buffers = [source.buffer(op), gradOutput.buffer(op)] as const
  const gradWeight = emptyTensor(shape, 'float32', channelsLastStrides(shape))
  const gradBias = needsBias ? emptyTensor([problem.oc], 'float32') : null
  const outputs = [gradWeight.buffer(op), gradBias?.buffer(op) ?? null] as const
  const { kernels } = backend()
  if (source.size === 0) for (const sum of [gradWeight, gradBias]) sum?.zero_()
  else if ('kd' in problem) kernels.conv3dBackwardWeight(problem, ...buffers, ...outputs)
  else kernels.conv2dBackwardWeight(problem, ...buffers, ...outputs)
  return [gradWeight, gradBias]
}
