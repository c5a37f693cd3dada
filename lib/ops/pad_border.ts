import { needsGrad, record } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { PadMode, PadProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { itemSize } from '../tensor/dtype.ts'
import { channelsLastStrides, isChannelsLast, isRowMajor } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { copyAs, disposeCopy, inFormat } from './dense.ts'

/** Elements added in front of the first and behind the last one of a dimension; negative ones are taken away. */
export type Ends = readonly [before: number, after: number]

/** Where the elements beyond the border come from. */
export type BorderMode = Exclude<PadMode, 'constant'>

/**
 * Continues the last dimensions of a tensor beyond their borders with elements of the tensor itself.
 *
 * Along each dimension `output[j] = input[source(j − before)]` with, for an input of size S,
 *
 * * `reflect`: `source(i) = −i` in front and `2·(S − 1) − i` behind, so that the border itself is not repeated;
 * * `replicate`: `source(i)` is the nearest element;
 * * `circular`: `source(i) = i mod S`, counted within what negative ends leave.
 *
 * @param ends for each of the last dimensions, the outermost first
 * @throws {ShapeError} when an end is wider than the mode allows, or nothing is left.
 */
export function padBorder(op: string, input: Tensor, ends: readonly Ends[], mode: BorderMode): Tensor {
  const first = input.ndim - ends.length
  ends.forEach((end, i) => {
    checkEnds(op, input.shape, first + i, end, mode)
  })
  return padEnds(op, input, ends, mode, 0)
}

function checkEnds(op: string, shape: Shape, dim: number, [before, after]: Ends, mode: BorderMode): void {
  const size = shape[dim]
  const input = `of dimension ${dim}; input ${formatShape(shape)}`
  const most = Math.max(before, after)
  if (mode === 'reflect' && most >= size && most > 0) {
    throw new ShapeError(`${op}: expected reflect padding smaller than the size, got ${most} for size ${size} ${input}`)
  }
  const left = size + Math.min(before, 0) + Math.min(after, 0)
  if (mode === 'circular' && most > left) {
    throw new ShapeError(
      `${op}: expected circular padding no larger than the size, got ${most} for size ${left} ${input}`,
    )
  }
  if (size === 0 || size + before + after < 1) {
    throw new ShapeError(`${op}: expected padding that leaves elements, got ${before} and ${after} ${input}`)
  }
}

/**
 * Adds elements at both ends of the last dimensions in one pass; channels-last in memory where the input is.
 *
 * @param ends checked, for each of the last dimensions, the outermost first
 * @param value what is added with mode `constant`
 */
export function padEnds(op: string, input: Tensor, ends: readonly Ends[], mode: PadMode, value: number): Tensor {
  const { shape, strides } = input
  const lead = shape.length - ends.length
  const endOf = (dim: number): Ends => (dim < lead ? [0, 0] : ends[dim - lead])
  const paddedShape = shape.map((size, dim) => size + endOf(dim)[0] + endOf(dim)[1])
  const last = isChannelsLast(shape, strides) && !isRowMajor(shape, strides)
  const output = emptyTensor(paddedShape, input.dtype, last ? channelsLastStrides(paddedShape) : undefined)
  // Dimensions in the order of memory.
  const rowMajor = [...shape.keys()]
  const order = last ? [0, ...rowMajor.slice(2), 1] : rowMajor
  const problem: PadProblem = {
    itemSize: itemSize(input.dtype),
    shape: order.map((dim) => shape[dim]),
    before: order.map((dim) => endOf(dim)[0]),
    after: order.map((dim) => endOf(dim)[1]),
    mode,
  }
  forward(op, problem, input, output, value)
  if (needsGrad(input))
    record(op, output, [input], null, (gradOutput) => [backward(op, problem, gradOutput, shape, last)])
  return output
}

function forward(op: string, problem: PadProblem, input: Tensor, output: Tensor, value: number): void {
  if (output.size === 0) return
  if (input.size === 0) {
    fillElements(op, output, value)
    return
  }
  const source = input.isDense() && isOrdered(input) ? input : copyAs(op, input, 'rowMajor')
  const filler = problem.mode === 'constant' ? untracked(() => emptyTensor([1], input.dtype)) : null
  if (filler !== null) fillElements(op, filler, value)
  backend().kernels.padForward(
    problem,
    source.buffer(op),
    filler === null ? null : filler.buffer(op),
    output.buffer(op),
  )
  filler?.dispose()
  disposeCopy(source, input)
}

const isOrdered = ({ shape, strides }: Tensor): boolean => isRowMajor(shape, strides) || isChannelsLast(shape, strides)

function backward(op: string, problem: PadProblem, gradOutput: Tensor, shape: Shape, last: boolean): Tensor {
  const gradInput = emptyTensor(shape, 'float32', last ? channelsLastStrides(shape) : undefined)
  if (gradInput.size === 0) return gradInput
  if (gradOutput.size === 0) {
    fillElements(op, gradInput, 0)
    return gradInput
  }
  const grad = inFormat(op, gradOutput, last ? 'channelsLast' : 'rowMajor')
  backend().kernels.padBackward(problem, grad.buffer(op), gradInput.buffer(op))
  return gradInput
}
