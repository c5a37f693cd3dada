import { anyNeedsGrad, record, save, saveOwned } from '../autograd/node.ts'
import type { BufferRef } from '../kernels/backend.ts'
import { backend } from '../kernels/select.ts'
import { isDense, type Strides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, type Shape, sameShape, sizeOf } from '../util/shape.ts'
import { copyAs, disposeCopy, expectFloat, withStrides } from './dense.ts'

/** One normalization: an affine map, by fixed weights, of values that were made standard by statistics of their own. */
export interface Normalization {
  op: string
  /** What the op was given. */
  input: Tensor
  weight: Tensor | null
  bias: Tensor | null
  /** The input in the order that the kernels take; disposed when it is a copy. */
  source: Tensor
  /** The order in which they take weight and bias. */
  strides: Strides
  /** Sizes of the statistics that forward keeps for backward. */
  statistics: readonly number[]
  forward(
    input: BufferRef,
    weight: BufferRef | null,
    bias: BufferRef | null,
    statistics: readonly BufferRef[],
    output: BufferRef,
  ): void
  backward(
    input: BufferRef,
    gradOutput: BufferRef,
    statistics: readonly BufferRef[],
    weight: BufferRef | null,
    gradInput: BufferRef,
    gradWeight: BufferRef | null,
    gradBias: BufferRef | null,
  ): void
  /** Sees the statistics behind forward. */
  observe?(statistics: readonly Tensor[]): void
}

/** Runs a normalization and records it; the output has the source's order in memory. */
export function normalize(norm: Normalization): Tensor {
  const { op, input, weight, bias, source, strides } = norm
  const buffer = (tensor: Tensor | null): BufferRef | null => (tensor === null ? null : tensor.buffer(op))
  const inOrder = (tensor: Tensor | null): Tensor | null => (tensor === null ? null : withStrides(op, tensor, strides))
  // Outside any scope: under recording they belong to the tape.
  const statistics = untracked(() => norm.statistics.map((size) => emptyTensor([size], 'float32')))
  const [weightSource, biasSource] = [inOrder(weight), inOrder(bias)]
  const output = emptyTensor(source.shape, 'float32', source.strides)
  const kept = statistics.map((one) => one.buffer(op))
  const read = [source.buffer(op), buffer(weightSource), buffer(biasSource)] as const
  if (output.size > 0) norm.forward(...read, kept, output.buffer(op))
  norm.observe?.(statistics)
  if (anyNeedsGrad([input, weight, bias])) recordNormalization(norm, weightSource, statistics, output)
  else for (const one of statistics) one.dispose()
  if (weight !== null) disposeCopy(weightSource as Tensor, weight)
  if (bias !== null) disposeCopy(biasSource as Tensor, bias)
  disposeCopy(source, input)
  return output
}

function recordNormalization(
  { op, input, weight, bias, source, strides, backward }: Normalization,
  weightSource: Tensor | null,
  statistics: readonly Tensor[],
  output: Tensor,
): void {
  const needsInput = input.requiresGrad
  const savedInput = save(op, source)
  const savedStatistics = statistics.map((one) => saveOwned(op, one))
  const savedWeight = weightSource === null ? null : save(op, weightSource)
  const saved = [savedInput, ...savedStatistics, ...(savedWeight === null ? [] : [savedWeight])]
  const gradOf = (tensor: Tensor | null): Tensor | null =>
    tensor?.requiresGrad ? emptyTensor(tensor.shape, 'float32', strides) : null
  record(op, output, [input, weight, bias], saved, (gradOutput) => {
    const x = savedInput.get()
    const grad = withStrides(op, gradOutput, x.strides)
    const gradInput = emptyTensor(x.shape, 'float32', x.strides)
    const [gradWeight, gradBias] = [gradOf(weight), gradOf(bias)]
    const buffers = [gradInput.buffer(op), gradWeight?.buffer(op) ?? null, gradBias?.buffer(op) ?? null] as const
    if (x.size > 0) {
      const kept = savedStatistics.map((one) => one.get().buffer(op))
      backward(x.buffer(op), grad.buffer(op), kept, savedWeight?.get().buffer(op) ?? null, ...buffers)
    } else {
      for (const one of [gradWeight, gradBias]) {
        if (one !== null && one.size > 0) backend().kernels.fill(one.size, 0, one.buffer(op))
      }
    }
    disposeCopy(grad, gradOutput)
    return [needsInput ? gradInput : null, gradWeight, gradBias]
  })
}

/**
 * Checks a weight, a bias or a running statistic.
 *
 * @throws {DTypeError} for other element types than float32.
 * @throws {ShapeError} for another shape.
 */
export function checkAffine(op: string, name: string, value: Tensor | null, shape: Shape, input: Tensor): void {
  if (value === null) return
  expectFloat(op, name, value)
  if (!sameShape(value.shape, shape)) {
    throw new ShapeError(
      `${op}: expected ${name} of shape ${formatShape(shape)}, got ${formatShape(value.shape)}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
}

/** Pixels of a `[N, C, ...spatial]` tensor; 1 without spatial dimensions. */
export function pixelsOf(input: Tensor): number {
  return sizeOf(input.shape.slice(2))
}

/**
 * Checks the last dimensions that an op normalizes over.
 *
 * @throws {RangeError} when a size is no positive integer, or there is none.
 * @throws {ShapeError} when the input does not end in them.
 */
export function trailingShape(op: string, input: Tensor, normalizedShape: number | Shape): Shape {
  const shape = toNormalizedShape(op, normalizedShape)
  const last = input.shape.slice(Math.max(0, input.ndim - shape.length))
  if (!sameShape(last, shape)) {
    throw new ShapeError(
      `${op}: expected input to end in normalizedShape ${formatShape(shape)}; input ${formatShape(input.shape)}`,
    )
  }
  return shape
}

/**
 * A normalized shape as a list of sizes.
 *
 * @throws {RangeError} when a size is no positive integer, or there is none.
 */
export function toNormalizedShape(op: string, normalizedShape: number | Shape): Shape {
  const shape = Array.isArray(normalizedShape) ? [...normalizedShape] : [normalizedShape as number]
  if (shape.length === 0) throw new RangeError(`${op}: expected normalizedShape to have at least one size, got []`)
  shape.forEach((size, i) => {
    checkInteger(op, shape.length === 1 ? 'normalizedShape' : `normalizedShape[${i}]`, size, 1)
  })
  return shape
}

/**
 * The input as rows of the last dimensions' values: as it lies, where those fill blocks of memory, in whatever order, else a
 * row-major copy.
 */
export function rowsOf(op: string, input: Tensor, shape: Shape): { source: Tensor; rows: number; size: number } {
  const size = sizeOf(shape)
  const blocks = input.isDense() && isDense(shape, input.strides.slice(input.ndim - shape.length))
  return { source: blocks ? input : copyAs(op, input, 'rowMajor'), rows: input.size / size, size }
}
