import { anyNeedsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { LinearProblem } from '../reference/index.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import './copy.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'

/**
 * Affine map of the last dimension: `output[…, o] = bias[o] + Σ_i input[…, i] · weight[o, i]`.
 *
 * @param input `[…, I]` with any number of leading dimensions
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @returns `[…, O]`
 * @throws {ShapeError} when the last dimension is not `I` or the bias is not `[O]`.
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  checkLinear(input, weight, bias ?? null)
  const [oc, ic] = weight.shape
  const problem: LinearProblem = { n: ic === 0 ? 0 : input.size / ic, ic, oc }
  const source = inFormat('linear', input, 'rowMajor')
  const matrix = inFormat('linear', weight, 'rowMajor')
  const row = bias ? inFormat('linear', bias, 'rowMajor') : null
  const buffers = [source.buffer('linear'), matrix.buffer('linear'), row?.buffer('linear') ?? null] as const
  const output = emptyTensor([...input.shape.slice(0, -1), oc], 'float32')
  if (output.size > 0) backend().kernels.linearForward(problem, ...buffers, output.buffer('linear'))
  if (anyNeedsGrad([input, weight, bias])) recordLinear(problem, input, weight, bias ?? null, source, matrix, output)
  disposeCopy(source, input)
  disposeCopy(matrix, weight)
  if (row !== null && bias) disposeCopy(row, bias)
  return output
}

function checkLinear(input: Tensor, weight: Tensor, bias: Tensor | null): void {
  expectFloat('linear', 'input', input)
  expectFloat('linear', 'weight', weight)
  if (bias !== null) expectFloat('linear', 'bias', bias)
  const shapes = () => `input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`
  if (weight.ndim !== 2 || weight.size === 0) {
    throw new ShapeError(`linear: expected weight of shape [out, in] with elements; ${shapes()}`)
  }
  if (input.ndim === 0 || input.shape[input.ndim - 1] !== weight.shape[1]) {
    throw new ShapeError(
      `linear: expected the last dimension of input to equal weight.shape[1] (${weight.shape[1]}), ` +
        `got ${input.shape.at(-1) ?? 'a single number'}; ${shapes()}`,
    )
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError(
      `linear: expected bias of shape [${weight.shape[0]}]; bias ${formatShape(bias.shape)}, ` +
        `weight ${formatShape(weight.shape)}`,
    )
  }
}

function recordLinear(
  problem: LinearProblem,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  source: Tensor,
  matrix: Tensor,
  output: Tensor,
): void {
  const needsInput = input.requiresGrad
  const needsWeight = weight.requiresGrad
  const needsBias = bias?.requiresGrad ?? false
  const savedInput = needsWeight || needsBias ? save('linear', source) : null
  const savedWeight = needsInput ? save('linear', matrix) : null
  const { shape: inputShape } = input
  const saved = [savedInput, savedWeight].filter((item) => item !== null)
  record('linear', output, [input, weight, bias], saved, (gradOutput) => {
    const grad = inFormat('linear', gradOutput, 'rowMajor')
    const gradInput = savedWeight === null ? null : backwardInput(problem, grad, savedWeight.get(), inputShape)
    if (savedInput === null) return [gradInput, null, null]
    const [gradWeight, gradBias] = backwardWeight(problem, savedInput.get(), grad, needsBias)
    return [gradInput, needsWeight ? gradWeight : null, gradBias]
  })
}

/** `gradInput[…, i] = Σ_o gradOutput[…, o] · weight[o, i]` */
function backwardInput(problem: LinearProblem, grad: Tensor, matrix: Tensor, shape: Shape): Tensor {
  const gradInput = emptyTensor(shape, 'float32')
  const buffers = [grad.buffer('linear'), matrix.buffer('linear'), gradInput.buffer('linear')] as const
  if (gradInput.size > 0) backend().kernels.linearBackwardInput(problem, ...buffers)
  return gradInput
}

/** `gradWeight[o, i] = Σ gradOutput[…, o] · input[…, i]`, `gradBias[o] = Σ gradOutput[…, o]` */
function backwardWeight(
  problem: LinearProblem,
  source: Tensor,
  grad: Tensor,
  needsBias: boolean,
): [Tensor, Tensor | null] {
  const gradWeight = emptyTensor([problem.oc, problem.ic], 'float32')
  const gradBias = needsBias ? emptyTensor([problem.oc], 'float32') : null
  const buffers = [source.buffer('linear'), grad.buffer('linear'), gradWeight.buffer('linear')] as const
  if (source.size > 0) backend().kernels.linearBackwardWeight(problem, ...buffers, gradBias?.buffer('linear') ?? null)
  else for (const sum of [gradWeight, gradBias]) sum?.zero_()
  return [gradWeight, gradBias]
}
