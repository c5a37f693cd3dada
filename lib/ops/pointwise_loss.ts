import { anyNeedsGrad, needsGrad, record, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { PointwiseLoss, PointwiseLossProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { broadcastStrides, isRowMajor, physicalOrder } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, type Shape, sameShape, sizeOf } from '../util/shape.ts'
import { disposeCopy, expectFloat, inAnyOrder, inFormat, withStrides } from './dense.ts'
import { checkReduction, type Reduction } from './targets.ts'

/** How the losses of single elements are joined. */
export interface RegressionLossOptions {
  /** `mean` (the default), `sum`, or `none`, which keeps one loss per element. */
  reduction?: Reduction
}

/** What a loss of single elements is made of besides its two tensors. */
export interface PointwiseTerms {
  /** `beta` or `delta`. */
  a?: number
  weight?: Tensor | null
  posWeight?: Tensor | null
  reduction: Reduction
  /** What the sum is divided by, where it is not what `reduction` says. */
  divisor?: number
}

/**
 * A loss of each pair of elements of two tensors of one shape, kept or reduced in the same pass.
 *
 * @throws {ShapeError} when the shapes differ, or a weight does not broadcast to them.
 */
export function pointwiseLoss(
  op: string,
  kind: PointwiseLoss,
  input: Tensor,
  target: Tensor,
  terms: PointwiseTerms,
): Tensor {
  const reduction = checkReduction(op, terms.reduction)
  expectFloat(op, 'input', input)
  expectFloat(op, 'target', target)
  // PyTorch broadcasts here with a warning; a loss of unequal shapes is nearly always a mistake.
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      `${op}: expected equal shapes; input ${formatShape(input.shape)}, target ${formatShape(target.shape)}`,
    )
  }
  const each = reduction === 'none'
  const source = inAnyOrder(op, input)
  const other = withStrides(op, target, source.strides)
  const weights = rowsOf(op, source, terms.weight ?? null, terms.posWeight ?? null)
  const divisor = terms.divisor ?? (reduction === 'mean' ? input.size : 1)
  const { width } = weights
  const problem = { op: kind, size: input.size, width, a: terms.a ?? 1, each, divisor }
  const output = each ? emptyTensor(source.shape, 'float32', source.strides) : emptyTensor([], 'float32')
  if (input.size > 0) run(op, problem, source, other, weights, output)
  // The mean over nothing is 0 / 0.
  else fillElements(op, output, divisor === 0 ? Number.NaN : 0)
  if (anyNeedsGrad([input, target])) recordLoss(op, problem, [input, target], [source, other], weights, output)
  else for (const row of [weights.weight, weights.posWeight]) row?.dispose()
  disposeCopy(source, input)
  disposeCopy(other, target)
  return output
}

function run(
  op: string,
  problem: PointwiseLossProblem,
  source: Tensor,
  other: Tensor,
  weights: Weights,
  output: Tensor,
): void {
  const inputs = [source.buffer(op), other.buffer(op), refOf(op, weights.weight), refOf(op, weights.posWeight)] as const
  backend().kernels.pointwiseLossForward(problem, ...inputs, output.buffer(op))
}

const refOf = (op: string, tensor: Tensor | null) => (tensor === null ? null : tensor.buffer(op))

function recordLoss(
  op: string,
  problem: PointwiseLossProblem,
  inputs: Tensor[],
  sources: Tensor[],
  weights: Weights,
  output: Tensor,
): void {
  const [source, other] = sources.map((item) => save(op, item))
  const [weight, posWeight] = [weights.weight, weights.posWeight].map((row) => row && saveOwned(op, row))
  const [wantsInput, wantsTarget] = inputs.map(needsGrad)
  const saved = [source, other, weight, posWeight].filter((item) => item !== null)
  record(op, output, inputs, saved, (gradOutput) => {
    const [x, t] = [source.get(), other.get()]
    const grad = problem.each ? withStrides(op, gradOutput, x.strides) : inFormat(op, gradOutput, 'rowMajor')
    const gradInput = wantsInput ? emptyTensor(x.shape, 'float32', x.strides) : null
    const gradTarget = wantsTarget ? emptyTensor(x.shape, 'float32', x.strides) : null
    if (x.size > 0) {
      const rows = [refOf(op, weight?.get() ?? null), refOf(op, posWeight?.get() ?? null)] as const
      const buffers = [x.buffer(op), t.buffer(op), ...rows, grad.buffer(op)] as const
      backend().kernels.pointwiseLossBackward(problem, ...buffers, refOf(op, gradInput), refOf(op, gradTarget))
    }
    return [gradInput, gradTarget]
  })
}

/** Weights as rows of `width` elements that repeat along the memory of the input; tensors of their own. */
interface Weights {
  width: number
  weight: Tensor | null
  posWeight: Tensor | null
}

function rowsOf(op: string, source: Tensor, weight: Tensor | null, posWeight: Tensor | null): Weights {
  if (weight === null && posWeight === null) return { width: Math.max(source.size, 1), weight, posWeight }
  const order = physicalOrder(source.shape, source.strides)
  const widths = [weight, posWeight].map((row, i) =>
    row !== null ? widthOf(op, ['weight', 'posWeight'][i], row, source) : 1,
  )
  // The sizes of the last dimensions in memory: one width divides the other.
  const width = Math.max(...widths)
  const rowOf = (tensor: Tensor | null): Tensor | null => tensor && denseRow(op, tensor, source.shape, order, width)
  return { width, weight: rowOf(weight), posWeight: rowOf(posWeight) }
}

/** Elements after which a weight repeats along the memory of the input. */
function widthOf(op: string, name: string, weight: Tensor, source: Tensor): number {
  expectFloat(op, name, weight)
  const { shape } = source
  const lead = shape.length - weight.ndim
  if (lead < 0 || weight.shape.some((size, i) => size !== 1 && size !== shape[i + lead])) {
    throw new ShapeError(
      `${op}: expected a ${name} that broadcasts to the input; ` +
        `${name} ${formatShape(weight.shape)}, input ${formatShape(shape)}`,
    )
  }
  const strides = broadcastStrides(weight.shape, weight.strides, shape)
  let width = 1
  let passed = 1
  for (const dim of physicalOrder(shape, source.strides).reverse()) {
    passed *= shape[dim]
    if (strides[dim] !== 0) width = passed
  }
  return width
}

/** The weights of the last `width` elements in memory order, as a tensor of its own. */
function denseRow(op: string, weight: Tensor, shape: Shape, order: readonly number[], width: number): Tensor {
  const strides = broadcastStrides(weight.shape, weight.strides, shape)
  let dims = order
  while (sizeOf(dims.map((dim) => shape[dim])) > width) dims = dims.slice(1)
  const rowShape = dims.map((dim) => shape[dim])
  const rowStrides = dims.map((dim) => strides[dim])
  return untracked(() => {
    const dense = isRowMajor(rowShape, rowStrides)
    const view = new Tensor(weight.storage, weight.offset, rowShape, rowStrides, 'float32', dense)
    if (dense) return view
    const row = emptyTensor(rowShape, 'float32')
    copyElements(op, view, row)
    view.dispose()
    return row
  })
}
