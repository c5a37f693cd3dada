import type { PadProblem } from '../../../reference/index.ts'
import { isChannelsLast, isRowMajor } from '../../../tensor/layout.ts'
import type { Shape } from '../../../util/shape.ts'
import type { GraphBuilder } from '../graph.ts'
import { findKernel, only, problemOf, type StepView } from '../step.ts'
import { sliceNode } from './views.ts'

const MODES = { constant: 'constant', reflect: 'reflect', replicate: 'edge' } as const

/** Padding of any mode; negative numbers cut elements off. */
export function pad(step: StepView): string {
  const { input, layout } = only(step)
  const { shape, strides } = layout
  const problem = problemOf<PadProblem>(step, 'padForward')
  // The problem counts dimensions in the order of memory.
  const last = isChannelsLast(shape, strides) && !isRowMajor(shape, strides)
  const rowMajor = [...shape.keys()]
  const order = last ? [0, ...rowMajor.slice(2), 1] : rowMajor
  const before = rowMajor.map((dim) => problem.before[order.indexOf(dim)])
  const after = rowMajor.map((dim) => problem.after[order.indexOf(dim)])
  const { graph } = step
  if (problem.mode === 'circular')
    return circular(graph, crop(graph, input, shape, before, after), shape, before, after)
  const added = [...before, ...after].map((size) => Math.max(0, size))
  const value = problem.mode === 'constant' ? Number(findKernel(step, 'fill')?.[1] ?? 0) : 0
  const padded = padNode(graph, input, added, MODES[problem.mode], value)
  const paddedShape = shape.map((size, dim) => size + added[dim] + added[dim + shape.length])
  return crop(graph, padded, paddedShape, before, after)
}

/** Adds a `Pad` node; `pads` are all begins and then all ends. */
export function padNode(
  graph: GraphBuilder,
  input: string,
  pads: readonly number[],
  mode: string,
  value: number,
): string {
  if (pads.every((size) => size === 0)) return input
  return graph.node('Pad', [input, graph.ints(pads), graph.floats(value)], { mode })
}

/** Takes away what negative padding says, dimension by dimension. */
function crop(
  graph: GraphBuilder,
  input: string,
  shape: Shape,
  before: readonly number[],
  after: readonly number[],
): string {
  return shape.reduce((value, size, dim) => {
    if (before[dim] >= 0 && after[dim] >= 0) return value
    return sliceNode(graph, value, { dim, start: Math.max(0, -before[dim]), end: size + Math.min(0, after[dim]) })
  }, input)
}

/** Puts the end in front of the beginning and the beginning behind the end, dimension by dimension. */
function circular(
  graph: GraphBuilder,
  input: string,
  shape: Shape,
  before: readonly number[],
  after: readonly number[],
): string {
  return shape.reduce((value, whole, dim) => {
    const [front, back] = [Math.max(0, before[dim]), Math.max(0, after[dim])]
    if (front === 0 && back === 0) return value
    const size = whole + Math.min(0, before[dim]) + Math.min(0, after[dim])
    const parts = [value]
    if (front > 0) parts.unshift(sliceNode(graph, value, { dim, start: size - front }))
    if (back > 0) parts.push(sliceNode(graph, value, { dim, start: 0, end: back }))
    return graph.node('Concat', parts, { axis: dim })
  }, input)
}
