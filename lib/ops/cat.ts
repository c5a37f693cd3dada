import { anyNeedsGrad, record } from '../autograd/node.ts'
import { channelsLastStrides, isChannelsLast, isRowMajor } from '../tensor/layout.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape, normalizeDim } from '../util/shape.ts'
import { copyAs, expectTensor } from './dense.ts'

function checkParts(op: string, parts: readonly Tensor[], dim: number): void {
  const [first] = parts
  parts.forEach((part, i) => {
    part.checkAlive(op)
    if (part.dtype !== first.dtype) {
      throw new DTypeError(
        `${op}: expected tensors of one dtype, got ${first.dtype} and ${part.dtype} at position ${i}`,
      )
    }
    const fits = part.ndim === first.ndim && part.shape.every((size, d) => d === dim || size === first.shape[d])
    if (!fits) {
      throw new ShapeError(
        `${op}: expected equal sizes but for dimension ${dim}, got position ${i} different; ` +
          `shapes ${formatShape(first.shape)}, ${formatShape(part.shape)}`,
      )
    }
  })
}

/** A tensor on `length` neighbouring elements of one dimension of `whole`, outside the graph. */
function part(whole: Tensor, dim: number, start: number, length: number): Tensor {
  const shape = whole.shape.with(dim, length)
  return new Tensor(whole.storage, whole.offset + start * whole.strides[dim], shape, whole.strides, whole.dtype, false)
}

function expectTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new DTypeError(`${op}: expected a list of tensors, got ${describe(tensors)}`)
  for (const [i, item] of tensors.entries()) expectTensor(op, `tensors[${i}]`, item)
}

/**
 * Joins tensors along a dimension that they have.
 *
 * @param tensors at least one, equal in shape but for `dim`
 * @returns their shape with the sum of the sizes in `dim`
 * @throws {ShapeError} when there is none or the shapes differ elsewhere.
 * @throws {DTypeError} when the element types differ.
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  expectTensors('cat', tensors)
  if (tensors.length === 0) throw new ShapeError('cat: expected at least one tensor, got none')
  if (tensors[0].ndim === 0) throw new ShapeError('cat: expected at least one dimension; input []; use stack')
  const at = normalizeDim('cat', dim, tensors[0].ndim)
  checkParts('cat', tensors, at)
  const output = join('cat', tensors, at)
  if (anyNeedsGrad(tensors)) {
    const sizes = tensors.map((item) => item.shape[at])
    const needed = tensors.map((item) => item.requiresGrad)
    record('cat', output, tensors, null, (gradOutput) => {
      const format = liesChannelsLast(gradOutput) ? 'channelsLast' : 'rowMajor'
      let start = 0
      return sizes.map((size, i) => {
        const place = part(gradOutput, at, start, size)
        start += size
        return needed[i] ? copyAs('cat', place, format) : null
      })
    })
  }
  return output
}

/** Copies parts next to each other into one new tensor, outside the graph. */
function join(op: string, parts: readonly Tensor[], dim: number): Tensor {
  const sizes = parts.map((item) => item.shape[dim])
  const shape = parts[0].shape.with(
    dim,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  const output = emptyTensor(shape, parts[0].dtype, liesChannelsLast(parts[0]) ? channelsLastStrides(shape) : undefined)
  let start = 0
  parts.forEach((item, i) => {
    const place = part(output, dim, start, sizes[i])
    copyElements(op, item, place)
    place.dispose()
    start += sizes[i]
  })
  return output
}

/** Images stay channels-last when the first of them is. */
function liesChannelsLast({ shape, strides }: Tensor): boolean {
  return !isRowMajor(shape, strides) && isChannelsLast(shape, strides)
}

/**
 * Joins tensors of one shape along a new dimension.
 *
 * @returns their shape with the number of tensors inserted at `dim`
 * @throws {ShapeError} when there is none or the shapes differ.
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  expectTensors('stack', tensors)
  if (tensors.length === 0) throw new ShapeError('stack: expected at least one tensor, got none')
  const at = normalizeDim('stack', dim, tensors[0].ndim + 1)
  checkParts('stack', tensors, -1)
  const layers = tensors.map((item) => {
    const shape = item.shape.toSpliced(at, 0, 1)
    return new Tensor(item.storage, item.offset, shape, item.strides.toSpliced(at, 0, 1), item.dtype, false)
  })
  const output = join('stack', layers, at)
  for (const layer of layers) layer.dispose()
  if (anyNeedsGrad(tensors)) {
    const needed = tensors.map((item) => item.requiresGrad)
    record('stack', output, tensors, null, (gradOutput) =>
      needed.map((need, i) => {
        if (!need) return null
        const layer = part(gradOutput, at, i, 1)
        const shape = layer.shape.toSpliced(at, 1)
        const strides = layer.strides.toSpliced(at, 1)
        const place = new Tensor(layer.storage, layer.offset, shape, strides, 'float32', false)
        return copyAs('stack', place, 'rowMajor')
      }),
    )
  }
  return output
}
