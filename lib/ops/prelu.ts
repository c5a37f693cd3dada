import { anyNeedsGrad, needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { PreluProblem } from '../reference/index.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inAnyOrder, inFormat, withStrides } from './dense.ts'

/**
 * Leaky rectifier with a learned slope: `input > 0 ? input : weight · input`.
 *
 * @param input float32; with several slopes `[N, C, ...]`
 * @param weight one slope `[1]`, or one for each channel `[C]`
 * @returns the input's shape; with several slopes channels-last in memory
 * @throws {ShapeError} when the weight is neither one number nor one for each channel.
 *
 * Source: He et al., "Delving Deep into Rectifiers", 2015.
 */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  expectFloat('prelu', 'input', input)
  expectFloat('prelu', 'weight', weight)
  checkWeight(input, weight)
  const perChannel = weight.size > 1
  const source = perChannel ? inFormat('prelu', input, 'channelsLast') : inAnyOrder('prelu', input)
  const slopes = inFormat('prelu', weight, 'rowMajor')
  const problem = { rows: input.size / weight.size, c: weight.size }
  const output = emptyTensor(source.shape, 'float32', source.strides)
  const buffers = [source.buffer('prelu'), slopes.buffer('prelu')] as const
  if (input.size > 0) backend().kernels.preluForward(problem, ...buffers, output.buffer('prelu'))
  if (anyNeedsGrad([input, weight])) {
    const saved = [save('prelu', source), save('prelu', slopes)]
    const wantsWeight = needsGrad(weight)
    record('prelu', output, [input, weight], saved, (gradOutput, owned) =>
      gradsOf(problem, saved[0].get(), saved[1].get(), gradOutput, owned, wantsWeight),
    )
  }
  disposeCopy(source, input)
  disposeCopy(slopes, weight)
  return output
}

function checkWeight(input: Tensor, weight: Tensor): void {
  if (weight.size === 1 && weight.ndim <= 1) return
  if (weight.ndim === 1 && input.ndim > 1 && weight.shape[0] === input.shape[1]) return
  const channels = input.ndim > 1 ? ` or [${input.shape[1]}]` : ''
  throw new ShapeError(
    `prelu: expected weight of shape [1]${channels}; input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`,
  )
}

function gradsOf(
  problem: PreluProblem,
  input: Tensor,
  weight: Tensor,
  gradOutput: Tensor,
  owned: boolean,
  wantsWeight: boolean,
): [Tensor, Tensor | null] {
  const grad = withStrides('prelu', gradOutput, input.strides)
  // In place of a gradient that nobody else reads.
  const gradInput = owned || grad !== gradOutput ? grad : emptyTensor(input.shape, 'float32', input.strides)
  const gradWeight = wantsWeight ? emptyTensor(weight.shape, 'float32') : null
  const values = [input, weight, grad, gradInput].map((item) => item.buffer('prelu'))
  const [a, b, c, d] = values
  if (input.size > 0) {
    backend().kernels.preluBackward(problem, a, b, c, d, gradWeight === null ? null : gradWeight.buffer('prelu'))
  } else if (gradWeight !== null) backend().kernels.fill(weight.size, 0, gradWeight.buffer('prelu'))
  return [gradInput, gradWeight]
}
