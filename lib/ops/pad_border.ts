import { needsGrad, record } from '../autograd/node.ts'
import { fillElements } from '../tensor/create.ts'
import { channelsLastStrides, isChannelsLast, isRowMajor, type Strides } from '../tensor/layout.ts'
import { composed } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { binaryInto } from './binary.ts'
import { cloneRaw } from './dense.ts'

/** Elements added in front of the first and behind the last one of a dimension; negative ones are taken away. */
export type Ends = readonly [before: number, after: number]

/** Where the elements beyond the border come from. */
export type BorderMode = 'reflect' | 'replicate' | 'circular'

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
  const sources = ends.map((end, i) => {
    checkEnds(op, input.shape, first + i, end, mode)
    return sourcesOf(input.shape[first + i], end, mode)
  })
  const stages = sources.flatMap((list, i) => {
    const [before, after] = ends[i]
    return before === 0 && after === 0 ? [] : [{ dim: first + i, list, size: input.shape[first + i] }]
  })
  if (stages.length === 0) {
    const output = cloneRaw(op, input)
    if (needsGrad(input)) record(op, output, [input], null, (gradOutput) => [gradOutput])
    return output
  }
  const output = composed(() => stages.reduce((whole, { dim, list }) => spread(op, whole, dim, list), input))
  if (needsGrad(input)) {
    record(op, output, [input], null, (gradOutput) => [
      stages.reduceRight((grad, { dim, list, size }) => gather(op, grad, dim, list, size), gradOutput),
    ])
  }
  return output
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

/** For each position of the output the position that it is copied from. */
function sourcesOf(size: number, [before, after]: Ends, mode: BorderMode): number[] {
  const start = Math.max(-before, 0)
  const left = size + Math.min(before, 0) + Math.min(after, 0)
  return Array.from({ length: size + before + after }, (_, j) => {
    const i = j - before
    if (mode === 'replicate') return Math.min(Math.max(i, 0), size - 1)
    if (mode === 'circular') return start + ((j - Math.max(before, 0) + left) % left)
    return i < 0 ? -i : i < size ? i : 2 * (size - 1) - i
  })
}

/** Neighbouring positions `to …` of the output whose sources are `from, from + step, …`. */
interface Run {
  from: number
  to: number
  length: number
  step: 0 | 1
}

function runsOf(sources: readonly number[]): Run[] {
  const runs: Run[] = []
  for (let to = 0; to < sources.length; ) {
    const step = sources[to + 1] === sources[to] ? 0 : 1
    let length = 1
    while (sources[to + length] === sources[to] + length * step) length++
    runs.push({ from: sources[to], to, length, step })
    to += length
  }
  return runs
}

/** A tensor on `length` elements of one dimension, `step` apart, outside the graph. */
function along(whole: Tensor, dim: number, start: number, length: number, step = 1): Tensor {
  const stride = whole.strides[dim]
  const shape = whole.shape.with(dim, length)
  const strides = whole.strides.with(dim, stride * step)
  return new Tensor(whole.storage, whole.offset + start * stride, shape, strides, whole.dtype, false)
}

/** Dense strides of a shape that keep the order in memory of images that lie channels-last. */
export function stridesLike({ shape, strides }: Tensor, to: Shape): Strides | undefined {
  return !isRowMajor(shape, strides) && isChannelsLast(shape, strides) ? channelsLastStrides(to) : undefined
}

/** `output[…, j, …] = input[…, sources[j], …]` */
function spread(op: string, input: Tensor, dim: number, sources: readonly number[]): Tensor {
  const shape = input.shape.with(dim, sources.length)
  const output = emptyTensor(shape, input.dtype, stridesLike(input, shape))
  if (output.size === 0) return output
  for (const { from, to, length, step } of runsOf(sources)) {
    copyElements(op, along(input, dim, from, length, step), along(output, dim, to, length))
  }
  return output
}

/** `gradInput[…, i, …] = Σ gradOutput[…, j, …]` over all `j` with `sources[j] = i`. */
function gather(op: string, gradOutput: Tensor, dim: number, sources: readonly number[], size: number): Tensor {
  const shape = gradOutput.shape.with(dim, size)
  const gradInput = emptyTensor(shape, 'float32', stridesLike(gradOutput, shape))
  if (gradInput.size === 0) return gradInput
  const runs = runsOf(sources)
  // What is only copied comes first where it covers everything; the rest is added to it, or to zeros.
  const whole = runs.find(({ length, step }) => step === 1 && length === size)
  if (whole === undefined) fillElements(op, gradInput, 0)
  else copyElements(op, along(gradOutput, dim, whole.to, size), gradInput)
  for (const run of runs) {
    if (run === whole) continue
    const { from, to, length, step } = run
    if (step === 1) binaryInto(op, 'add', along(gradInput, dim, from, length), along(gradOutput, dim, to, length))
    else for (let i = 0; i < length; i++) addOne(op, gradInput, from, gradOutput, to + i, dim)
  }
  return gradInput
}

function addOne(op: string, target: Tensor, at: number, source: Tensor, from: number, dim: number): void {
  binaryInto(op, 'add', along(target, dim, at, 1), along(source, dim, from, 1))
}
